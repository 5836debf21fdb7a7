import type { HostUser } from "../ports/host.ts";
import type { IncomingShare } from "../ports/records.ts";
import { formatAddress, possibleIdentifiers } from "../protocol/address.ts";
import { meets } from "../protocol/code-flow.ts";
import { OcmError } from "../protocol/errors.ts";
import { incomingShareId } from "../protocol/incoming-share-id.ts";
import type { ShareNotice, WebdavOffer } from "../protocol/share.ts";
import { OWN_ABILITIES } from "./abilities.ts";
import { DAY, enqueue, HOUR, MINUTE, newAggregate, sha256, UNKNOWN_SENDER } from "./aggregate.ts";
import { type SharingContext, stamp } from "./context.ts";

/** A Share Creation Notification whose sender is proved, or allowed to be unproved. */
export interface Received {
  share: ShareNotice;
  dialect: string;
  requestId: string;
}

/**
 * Takes a share for a person here (draft section 6): one record, or the one that is there already.
 * @returns the recipient's display name, for the 201
 * @throws OcmError recipient-unknown, owner-host, share-type-unsupported, resource-type-unsupported, protocol-unsupported,
 *   requirement-missing, sender-not-trusted, share-conflict, too-many-requests, unavailable
 */
export async function receive(context: SharingContext, { share, dialect, requestId }: Received): Promise<string> {
  const { store, system, sealer } = context;
  const now = system.now();
  const webdav = refuseUnusable(context, share, now);
  const recipient = await findRecipient(context, share);
  const id = incomingShareId(share.sender.host, share.providerId);
  const contentHash = hashOf(share, webdav);

  let warnings: string[] = [];
  if (!(await isWelcome(context, share, recipient))) {
    // What is there already is neither counted nor refused again.
    const known = await store.incoming.get(id);
    if (known !== undefined) return repeated(known, contentHash, recipient);
    await admitStranger(context, share, recipient);
    warnings = [UNKNOWN_SENDER];
  }

  const record: IncomingShare = {
    ...newAggregate(id, now),
    kind: "incoming",
    user: recipient.id,
    senderHost: share.sender.host,
    providerId: share.providerId,
    shareWith: formatAddress(share.shareWith),
    sender: formatAddress(share.sender),
    owner: formatAddress(share.owner),
    senderDisplayName: share.senderDisplayName,
    ownerDisplayName: share.ownerDisplayName,
    name: share.name,
    description: share.description,
    resourceType: share.resourceType,
    shareType: share.shareType,
    permissions: webdav.permissions,
    requirements: webdav.requirements,
    uri: webdav.uri,
    form: webdav.form,
    dialect,
    secret: sealer.seal(webdav.sharedSecret, "received-secret"),
    contentHash,
    expiresAt: share.expiration === null ? null : share.expiration * 1000,
    status: "pending",
    endedBy: null,
    endedAt: null,
    access: "unknown",
    accessEvidence: null,
    warnings,
    lastKnown: webdav.size === null ? null : { size: webdav.size, modifiedAt: null, at: now },
  };
  const told =
    context.host.hooks?.onShareReceived === undefined
      ? record
      : enqueue(record, { type: "hook", detail: "onShareReceived", requestId }, now);
  if (!(await store.incoming.insert(stamp(context, told)))) {
    const other = await store.incoming.get(id);
    if (other === undefined) throw new OcmError("unavailable", { retryAfter: 1 });
    return repeated(other, contentHash, recipient);
  }
  context.decided({ name: "share-received", record: id, user: recipient.id, peer: share.sender.host, requestId });
  if (told.outbox.length > 0) void context.nudge("incoming", id);
  return recipient.displayName;
}

/** What can be refused by looking at the message alone. */
function refuseUnusable(context: SharingContext, share: ShareNotice, now: number): WebdavOffer {
  if (share.shareType !== "user") throw new OcmError("share-type-unsupported");
  if (share.resourceType !== "file" && share.resourceType !== "folder") throw new OcmError("resource-type-unsupported");
  if (share.owner.host !== share.sender.host) throw new OcmError("owner-host");
  if (share.expiration !== null && share.expiration * 1000 <= now) {
    throw new OcmError("invalid-fields", {
      validationErrors: [{ name: "expiration", message: "This time has passed." }],
    });
  }
  if (share.webdav === null) throw new OcmError("protocol-unsupported");
  const { requirements } = share.webdav;
  if (context.trust.mustExchangeToken && !requirements.includes("must-exchange-token")) {
    throw new OcmError("requirement-missing", {
      validationErrors: [{ name: "protocol.webdav.requirements", message: "must-exchange-token is missing." }],
    });
  }
  if (!meets(requirements, OWN_ABILITIES)) throw new OcmError("protocol-unsupported");
  return share.webdav;
}

async function findRecipient(context: SharingContext, share: ShareNotice): Promise<HostUser> {
  const { identifier, host } = share.shareWith;
  let recipient: HostUser | undefined;
  for (const possible of host === context.self.host ? possibleIdentifiers(identifier, host) : []) {
    recipient ??= await context.host.users.find(possible);
  }
  if (recipient === undefined || recipient.mayReceive === false) {
    throw new OcmError("recipient-unknown", { validationErrors: [{ name: "shareWith", message: "NOT_FOUND" }] });
  }
  return recipient;
}

/** Is this sender a contact of the recipient? What the operator named is no stranger either, and neither are its people. */
async function isWelcome({ store, trust }: SharingContext, { sender }: ShareNotice, to: HostUser): Promise<boolean> {
  if (!trust.mustInvite && trust.isKnown(sender.host)) return true;
  return (await store.contacts.find(to.id, sender.host, sender.identifier))?.status === "active";
}

/** Lets a stranger send, or not. @throws OcmError sender-not-trusted, too-many-requests, unavailable */
async function admitStranger(context: SharingContext, share: ShareNotice, recipient: HostUser): Promise<void> {
  const { store, trust, limits } = context;
  const { host } = share.sender;
  if (trust.mustInvite) {
    // The inviting server may share before we have read its answer to our acceptance.
    const accepting = (await store.contacts.ofPerson(host, "")).some(
      (other) => other.user === recipient.id && other.status === "accepting",
    );
    if (accepting) throw new OcmError("unavailable", { retryAfter: 5 });
    throw new OcmError("sender-not-trusted");
  }
  const [ofSender, ofRecipient] = await Promise.all([
    store.incoming.countPending({ sender: formatAddress(share.sender) }),
    store.incoming.countPending({ user: recipient.id }),
  ]);
  if (ofSender >= limits.pendingPerSender || ofRecipient >= limits.pendingPerRecipient) {
    throw new OcmError("too-many-requests", {
      retryAfter: (10 * MINUTE) / 1000,
      message: "Too many shares wait for an answer already.",
    });
  }
  await countStranger(context, host, recipient);
}

/** Shares of one host of strangers within an hour, as a multiple of what one sender may have waiting. */
const SENDERS_OF_A_HOST = 10;

/**
 * The limits on what waits do not hold for shares that their sender ends at once, nor for a host that invents senders. So new shares of
 * strangers are counted too, whatever became of the earlier ones.
 */
async function countStranger({ store, limits, system }: SharingContext, host: string, to: HostUser): Promise<void> {
  const now = system.now();
  const count = async (counter: string, span: number, limit: number) => {
    if ((await store.counters.bump(counter, now, now + span)) <= limit) return;
    throw new OcmError("too-many-requests", { retryAfter: HOUR / 1000, message: "Too many shares of strangers." });
  };
  await count(`strangers-of:${host}`, HOUR, SENDERS_OF_A_HOST * limits.pendingPerSender);
  await count(`strangers-to:${to.id}`, DAY, limits.pendingPerRecipient);
}

function repeated(known: IncomingShare, contentHash: string, recipient: HostUser): string {
  if (known.contentHash !== contentHash || known.user !== recipient.id) throw new OcmError("share-conflict");
  return recipient.displayName;
}

/** What makes two notices the same share. Display names may have changed between two deliveries. */
function hashOf(share: ShareNotice, webdav: WebdavOffer): string {
  const { shareWith, owner, sender, name, shareType, resourceType, expiration } = share;
  return sha256(
    JSON.stringify([
      formatAddress(shareWith),
      formatAddress(owner),
      formatAddress(sender),
      name,
      shareType,
      resourceType,
      expiration,
      webdav.uri,
      webdav.sharedSecret,
      webdav.permissions,
      webdav.requirements,
    ]),
  );
}
