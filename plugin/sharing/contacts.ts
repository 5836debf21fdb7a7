import type { Cause, ContactsApi, ContactView } from "../api.ts";
import type { Contact, Invite } from "../ports/records.ts";
import { canonicalHost, formatAddress, stripOwnHost } from "../protocol/address.ts";
import { OcmError } from "../protocol/errors.ts";
import { parseInvite } from "../protocol/invite.ts";
import { change, derivedId, enqueue, newAggregate, sha256 } from "./aggregate.ts";
import { awaitVerdict, requestIdOf, viewPage } from "./common.ts";
import { type SharingContext, stamp } from "./context.ts";
import { decideOn } from "./decide.ts";

/** Contacts of local users: people on other servers whom they know by an invite (draft section 4.4.5). */
export function contacts(context: SharingContext): ContactsApi {
  return {
    accept: (user, invite, cause) => accept(context, user, invite, cause),
    list: async (user, page) => viewPage(await context.store.contacts.ofUser(user, page), contactView),
    async get(user, id) {
      const contact = await context.store.contacts.get(id);
      if (contact === undefined || contact.user !== user) throw new OcmError("not-found");
      return contactView(contact);
    },
    async remove(user, id, cause) {
      const own = (contact: Contact) => {
        if (contact.user !== user) throw new OcmError("not-found");
        return true;
      };
      await removeContact(context, id, own, cause);
    },
  };
}

async function accept(
  context: SharingContext,
  user: string,
  text: string | { token: string; provider: string },
  cause?: Cause,
): Promise<ContactView> {
  const { store, system, self, trust, sealer } = context;
  const { token, provider } = typeof text === "string" ? parseInvite(text) : text;
  const host = canonicalHost(provider);
  if (host === self.host) throw new OcmError("invite-own");
  const refusal = trust.refuse(host);
  if (refusal !== null) throw new OcmError("peer-not-allowed", { message: refusal });
  const now = system.now();
  const requestId = requestIdOf(system, cause);
  const tokenHash = sha256(token);
  const contact: Contact = {
    ...newAggregate(derivedId("contact", user, host, tokenHash), now),
    kind: "contact",
    user,
    host,
    identifier: "",
    name: "",
    email: "",
    status: "accepting",
    origin: "invite-accepted",
    token: sealer.seal(token, "invite-token"),
    tokenHash,
    reason: null,
    endedAt: null,
  };
  const queued = stamp(context, enqueue(contact, { type: "invite-accepted", to: host, requestId }, now));
  // The same invite again: nothing new, unless the first time came to nothing or the contact was removed since.
  let started = await store.contacts.insert(queued);
  if (!started) {
    await change(store.contacts, contact.id, (found) => {
      started = found.status === "failed" || found.status === "removed";
      if (!started) return undefined;
      const again: Contact = { ...found, status: "accepting", token: contact.token, reason: null, endedAt: null };
      return stamp(context, enqueue(again, { type: "invite-accepted", to: host, requestId }, now));
    });
  }
  if (started) context.decided({ name: "invite-accepting", record: contact.id, user, peer: host, requestId });
  await awaitVerdict(context, contact);
  return contactView((await store.contacts.get(contact.id)) ?? contact);
}

/** The contact that follows from an invite that was redeemed here. Written under an id of its own, so repeating it does nothing. */
export async function addContactOfInvite(context: SharingContext, invite: Invite, requestId: string): Promise<void> {
  const by = invite.acceptedBy;
  if (by === null) return;
  const now = context.system.now();
  const contact: Contact = {
    ...newAggregate(derivedId("contact", "invite", invite.id), now),
    kind: "contact",
    user: invite.user,
    host: by.host,
    identifier: by.userID,
    name: by.name,
    email: by.email,
    status: "active",
    origin: "invite-sent",
    token: null,
    tokenHash: null,
    reason: null,
    endedAt: null,
  };
  if (await context.store.contacts.insert(stamp(context, contact))) {
    context.decided({ name: "contact-added", record: contact.id, user: invite.user, peer: by.host, requestId });
  }
  // Done before: it may have been removed since, and then it takes nobody's place.
  const stored = await context.store.contacts.get(contact.id);
  if (stored?.status === "active") await mergeContact(context, stored);
}

/** One person is one contact: the one that was made last stays. */
export async function mergeContact(context: SharingContext, newest: Contact): Promise<void> {
  for (const other of await context.store.contacts.ofPerson(newest.host, newest.identifier)) {
    if (other.user !== newest.user || other.id === newest.id || other.createdAt > newest.createdAt) continue;
    await removeContact(context, other.id, (found) => found.status === "active");
  }
}

/** The inviting server has told who invited: the contact is real now. */
export function confirmedContact(
  contact: Contact,
  identity: { userID: string; name: string; email: string },
  now: number,
  requestId: string,
): Contact {
  const confirmed: Contact = {
    ...contact,
    identifier: identity.userID,
    name: identity.name,
    email: identity.email,
    status: "active",
    token: null,
    reason: null,
  };
  return enqueue(confirmed, { type: "contact", requestId }, now);
}

/** The contact, removed: it can be made again by another invite. */
export function removedContact(contact: Contact, now: number): Contact {
  return { ...contact, status: "removed", token: null, endedAt: now, outbox: [] };
}

/** Removes a contact if it still is as the caller thinks. */
async function removeContact(
  context: SharingContext,
  id: string,
  applies: (contact: Contact) => boolean = () => true,
  cause?: Cause,
): Promise<void> {
  const requestId = requestIdOf(context.system, cause);
  await decideOn(context, context.store.contacts, id, { name: "contact-removed", requestId }, (found, now) =>
    applies(found) && found.status !== "removed" ? removedContact(found, now) : undefined,
  );
}

/** USER_REMOVED of a peer: the person is gone there, so nobody here has them as a contact any more. */
export async function personRemoved(context: SharingContext, host: string, identifier: string): Promise<void> {
  for (const contact of await context.store.contacts.ofPerson(host, stripOwnHost(identifier, host))) {
    await removeContact(context, contact.id);
  }
}

/** What the person is shown; never the token. */
export function contactView(contact: Contact): ContactView {
  const { identifier, host } = contact;
  return {
    id: contact.id,
    address: identifier === "" ? "" : formatAddress({ identifier, host }),
    host,
    name: contact.name,
    email: contact.email,
    status: contact.status,
    origin: contact.origin,
    reason: contact.reason,
    createdAt: contact.createdAt,
  };
}
