import { PeerFailure, type PeerMessage } from "../ports/peer-client.ts";
import type {
  AnyAggregate,
  Contact,
  Failure,
  IncomingShare,
  Invite,
  JsonObject,
  OutboxEntry,
  OutgoingShare,
} from "../ports/records.ts";
import { parseAddress } from "../protocol/address.ts";
import { senderFlow } from "../protocol/code-flow.ts";
import { encodeInviteAccepted } from "../protocol/invite-accepted.ts";
import { isObject } from "../protocol/json.ts";
import { encodeNotification, type NotificationType } from "../protocol/notification.ts";
import { accepts, demands, type PeerProfile } from "../protocol/profile.ts";
import { encodeShare, shareForm } from "../protocol/share-encode.ts";
import { OWN_ABILITIES } from "./abilities.ts";
import { addContactOfInvite, mergeContact } from "./contacts.ts";
import type { SharingContext } from "./context.ts";
import { runHook } from "./hooks.ts";

/** What has to be done about an outbox entry. */
export type Prepared =
  /** Send it. `record` is to be written first, if it is given: what is sent has been frozen in it. */
  | { kind: "send"; record: AnyAggregate | undefined; message: PeerMessage }
  /** Do something on this server; may be repeated. */
  | { kind: "effect"; run: () => Promise<void> }
  /** It may not be sent. */
  | { kind: "refuse"; reason: Failure };

/**
 * Makes the message of an outbox entry. The body is frozen at the first attempt, so that a repetition is the same message with a new
 * signature; secrets are put in on the way out.
 * @throws PeerFailure when the peer has to be asked first and can't be
 */
export function prepare(context: SharingContext, record: AnyAggregate, entry: OutboxEntry): Promise<Prepared> {
  switch (entry.type) {
    case "share":
      return prepareShare(context, record as OutgoingShare, entry);
    case "notification":
      return prepareNotification(context, record, entry);
    case "invite-accepted":
      return prepareInviteAccepted(context, record as Contact, entry);
    case "contact":
      return Promise.resolve(effect(() => contactEffect(context, record, entry)));
    case "hook":
      return Promise.resolve(effect(() => runHook(context.host.hooks ?? {}, entry.detail, record)));
  }
}

function effect(run: () => Promise<void>): Prepared {
  return { kind: "effect", run };
}

async function contactEffect(context: SharingContext, record: AnyAggregate, entry: OutboxEntry): Promise<void> {
  if (record.kind === "invite") await addContactOfInvite(context, record, entry.requestId);
  if (record.kind === "contact") await mergeContact(context, record);
}

async function prepareShare(context: SharingContext, share: OutgoingShare, entry: OutboxEntry): Promise<Prepared> {
  const { peers, sealer, system } = context;
  if (share.secret === null) throw new Error("The secret of a share that is to be sent is gone.");
  const sharedSecret = sealer.open(share.secret, "shared-secret");
  let frozen = entry.body;
  let changed: OutgoingShare | undefined;
  if (frozen === null) {
    const profile = await peers.discover(share.host, { requestId: entry.requestId });
    const flow = senderFlow(OWN_ABILITIES, profile);
    const refusal = flow.create ? await whyNot(context, share, profile) : flow.reason;
    if (refusal !== null) {
      const reason: Failure = { code: "peer-incompatible", message: refusal, at: system.now(), status: null };
      return { kind: "refuse", reason };
    }
    const strict = flow.create && flow.strict;
    frozen = await encoded(context, { ...share, strict }, profile);
    changed = {
      ...withBody(share, entry, frozen),
      strict,
      legacyBasic: shareForm(profile) === "options",
      sent: true,
    };
  }
  return {
    kind: "send",
    record: changed,
    message: message(share.host, "shares", withSharedSecret(frozen, sharedSecret), entry),
  };
}

/** Why this share may not be sent to this server at all, or null (draft sections 5.3 and 6). */
async function whyNot(context: SharingContext, share: OutgoingShare, profile: PeerProfile): Promise<string | null> {
  if (!profile.enabled) return "The other server has federation switched off.";
  if (!accepts(profile, share.resourceType, share.shareType, "webdav")) {
    return `The other server does not take shares of a ${share.resourceType} with a ${share.shareType} over WebDAV.`;
  }
  if (demands(profile, "must-invite")) {
    const { identifier, host } = parseAddress(share.shareWith);
    const contact = await context.store.contacts.find(share.user, host, identifier);
    if (contact?.status !== "active")
      return "The other server takes shares from contacts only: exchange an invite first.";
  }
  return null;
}

async function encoded(context: SharingContext, share: OutgoingShare, profile: PeerProfile): Promise<JsonObject> {
  const { self, host } = context;
  const owner = await host.users.find(share.user);
  const address = { identifier: share.user, host: self.host };
  const toSend = {
    shareWith: parseAddress(share.shareWith),
    owner: address,
    sender: address,
    ownerDisplayName: owner?.displayName ?? null,
    senderDisplayName: owner?.displayName ?? null,
    name: share.name,
    description: share.description,
    providerId: share.id,
    shareType: share.shareType,
    resourceType: share.resourceType,
    expiration: share.expiresAt === null ? null : Math.floor(share.expiresAt / 1000),
    webdav: {
      relativeUri: share.id,
      absoluteUri: self.resourceUrl(share.id),
      sharedSecret: "",
      permissions: share.permissions,
      requirements: share.strict ? ["must-exchange-token"] : [],
      size: null,
    },
  };
  return encodeShare(toSend, profile);
}

async function prepareNotification(
  context: SharingContext,
  record: AnyAggregate,
  entry: OutboxEntry,
): Promise<Prepared> {
  if (entry.to === null) throw new Error("A notification has no addressee.");
  const about = subject(record);
  const body =
    entry.body ??
    encodeNotification({ notificationType: entry.detail as NotificationType, sharedSecret: null, ...about });
  const changed = entry.body === null ? withBody(record, entry, body) : undefined;
  const secret = legacySecret(context, record);
  const outgoing = secret === null ? body : withNotificationSecret(body, secret);
  return { kind: "send", record: changed, message: message(entry.to, "notifications", outgoing, entry) };
}

function subject(record: AnyAggregate): { providerId: string; resourceType: string } {
  switch (record.kind) {
    case "outgoing":
      return { providerId: record.id, resourceType: record.resourceType };
    case "incoming":
      return { providerId: record.providerId, resourceType: record.resourceType };
    default:
      return { providerId: record.user, resourceType: "user" };
  }
}

/** Servers of the older dialects find the share of a notification by its secret. */
function legacySecret(context: SharingContext, record: AnyAggregate): string | null {
  if (record.kind === "incoming" && record.dialect !== "ocm")
    return context.sealer.open(record.secret, "received-secret");
  if (record.kind === "outgoing" && record.legacyBasic && record.secret !== null) {
    return context.sealer.open(record.secret, "shared-secret");
  }
  return null;
}

function withNotificationSecret(body: JsonObject, sharedSecret: string): JsonObject {
  const notification = isObject(body.notification) ? body.notification : {};
  return { ...body, notification: { ...notification, sharedSecret } };
}

async function prepareInviteAccepted(context: SharingContext, contact: Contact, entry: OutboxEntry): Promise<Prepared> {
  const { host, self, sealer } = context;
  if (contact.token === null) throw new Error("The token of an invite that is to be accepted is gone.");
  const person = await host.users.find(contact.user);
  if (person === undefined)
    throw new PeerFailure("peer-error", contact.host, "The accepting person is gone.", { final: true });
  const body = encodeInviteAccepted({
    recipientProvider: self.host,
    token: sealer.open(contact.token, "invite-token"),
    userID: person.id,
    email: person.email ?? "",
    name: person.displayName,
  });
  return { kind: "send", record: undefined, message: message(contact.host, "invite-accepted", body, entry) };
}

/** The body with the secret that was left out when it was frozen. */
function withSharedSecret(body: JsonObject, sharedSecret: string): JsonObject {
  const { protocol } = body;
  if (!isObject(protocol)) return body;
  const { webdav, options } = protocol;
  return {
    ...body,
    protocol: {
      ...protocol,
      ...(isObject(webdav) ? { webdav: { ...webdav, sharedSecret } } : {}),
      ...(isObject(options) ? { options: { ...options, sharedSecret } } : {}),
    },
  };
}

function message(host: string, endpoint: PeerMessage["endpoint"], json: JsonObject, entry: OutboxEntry): PeerMessage {
  return { host, endpoint, body: { json }, requestId: entry.requestId };
}

function withBody<R extends IncomingShare | OutgoingShare | Invite | Contact>(
  record: R,
  entry: OutboxEntry,
  body: JsonObject,
): R {
  return { ...record, outbox: record.outbox.map((other) => (other.seq === entry.seq ? { ...other, body } : other)) };
}
