import type { z } from "zod";
import type {
  ContactView,
  DeliveryView,
  InviteView,
  NewInviteView,
  ReceivedShareView,
  RemoteEntry,
  RemoteListing,
  SentShareView,
} from "../../api.ts";
import type { Failure } from "../../ports/records.ts";
import type { Page } from "../../ports/store.ts";
import type * as schemas from "./schemas.ts";

/** The last moment that RFC 3339 can write: a peer may have named a later one. */
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const FIRST = -62_167_219_200_000;

/** Milliseconds since the Unix epoch as RFC 3339 in UTC. Times that it cannot write become the nearest that it can. */
export function time(milliseconds: number): string {
  return new Date(Math.min(Math.max(milliseconds, FIRST), LAST)).toISOString();
}

function timeOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : time(milliseconds);
}

/** The host of an OCM Address, which is what follows the last `@`. */
export function serverOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}

/**
 * `Name · server`: the name is what another server claims, the server is who claims it. Characters that could reorder or hide
 * the server are dropped from the name.
 */
export function label(name: string, server: string): string {
  const shown = name.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, "").trim();
  return shown === "" ? server : `${shown} · ${server}`;
}

function addressLabel(address: string, name: string | null): string {
  return label(name ?? address.slice(0, address.lastIndexOf("@")), serverOf(address));
}

/** An entity tag as the ETag header writes it. */
export function entityTag(etag: string): string {
  return /^(W\/)?".*"$/s.test(etag) ? etag : `"${etag}"`;
}

/** One page of any list. */
export function pageView<V, J>(page: Page<V>, view: (item: V) => J): { items: J[]; next?: string } {
  const items = page.items.map(view);
  return page.next === undefined ? { items } : { items, next: page.next };
}

export function inviteView(invite: InviteView): z.infer<typeof schemas.invite> {
  const by = invite.acceptedBy;
  return {
    id: invite.id,
    status: invite.status,
    note: invite.note,
    createdAt: time(invite.createdAt),
    expiresAt: time(invite.expiresAt),
    acceptedBy: by && {
      address: by.address,
      name: by.name,
      email: by.email,
      label: addressLabel(by.address, by.name),
      at: time(by.at),
    },
  };
}

export function newInviteView(invite: NewInviteView): z.infer<typeof schemas.newInvite> {
  return { ...inviteView(invite), invite: invite.invite, token: invite.token, link: invite.link };
}

export function contactView(contact: ContactView): z.infer<typeof schemas.contact> {
  return {
    id: contact.id,
    address: contact.address === "" ? null : contact.address,
    host: contact.host,
    name: contact.name,
    email: contact.email,
    label: label(contact.name, contact.host),
    status: contact.status,
    origin: contact.origin,
    reason: failureView(contact.reason),
    createdAt: time(contact.createdAt),
  };
}

export function sentShareView(share: SentShareView): z.infer<typeof schemas.sentShare> {
  return {
    id: share.id,
    path: share.path,
    name: share.name,
    description: share.description,
    resourceType: share.resourceType,
    shareWith: share.shareWith,
    label: addressLabel(share.shareWith, share.recipientDisplayName),
    permissions: share.permissions,
    status: share.status,
    strict: share.strict,
    reason: failureView(share.reason),
    recipientDisplayName: share.recipientDisplayName,
    createdAt: time(share.createdAt),
    expiresAt: timeOrNull(share.expiresAt),
    endedAt: timeOrNull(share.endedAt),
    deliveries: share.deliveries.map(deliveryView),
  };
}

export function receivedShareView(share: ReceivedShareView): z.infer<typeof schemas.receivedShare> {
  const known = share.lastKnown;
  return {
    id: share.id,
    name: share.name,
    description: share.description,
    resourceType: share.resourceType,
    sender: share.sender,
    senderLabel: addressLabel(share.sender, share.senderDisplayName),
    owner: share.owner,
    ownerLabel: addressLabel(share.owner, share.ownerDisplayName),
    senderDisplayName: share.senderDisplayName,
    ownerDisplayName: share.ownerDisplayName,
    permissions: share.permissions,
    requirements: share.requirements,
    status: share.status,
    endedBy: share.endedBy,
    access: share.access,
    accessEvidence: failureView(share.accessEvidence),
    warnings: share.warnings,
    lastKnown: known && { size: known.size, modifiedAt: timeOrNull(known.modifiedAt), at: time(known.at) },
    createdAt: time(share.createdAt),
    expiresAt: timeOrNull(share.expiresAt),
    endedAt: timeOrNull(share.endedAt),
    deliveries: share.deliveries.map(deliveryView),
  };
}

export function openedView({ entry, children, stale }: RemoteListing): z.infer<typeof schemas.openedEntry> {
  return {
    entry: entryView(entry),
    ...(children === null ? {} : { children: children.map(entryView) }),
    stale: stale && { at: time(stale.at), reason: reasonView(stale.reason) },
  };
}

function entryView(entry: RemoteEntry): z.infer<typeof schemas.openedEntry>["entry"] {
  return {
    name: entry.name,
    path: entry.path,
    type: entry.type,
    size: entry.size,
    modifiedAt: timeOrNull(entry.modifiedAt),
    etag: entry.etag === null ? null : entityTag(entry.etag),
    mediaType: entry.mediaType,
    ...(entry.quotaAvailable === undefined ? {} : { quotaAvailable: entry.quotaAvailable }),
  };
}

function deliveryView(delivery: DeliveryView): z.infer<typeof schemas.sentShare>["deliveries"][number] {
  return {
    seq: delivery.seq,
    type: delivery.type,
    detail: delivery.detail,
    to: delivery.to,
    attempts: delivery.attempts,
    createdAt: time(delivery.createdAt),
    nextAttemptAt: timeOrNull(delivery.nextAttemptAt),
    parked: delivery.parked,
    lastError: failureView(delivery.lastError),
    requestId: delivery.requestId,
  };
}

function failureView(failure: Failure | null): z.infer<typeof schemas.contact>["reason"] {
  return failure && reasonView(failure);
}

function reasonView({ code, message, at, status }: Failure): NonNullable<z.infer<typeof schemas.contact>["reason"]> {
  return { code, message, at: time(at), status };
}
