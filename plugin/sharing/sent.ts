import type { Cause, NewShare, SentSharesApi, SentShareView } from "../api.ts";
import type { OutgoingShare, Permission } from "../ports/records.ts";
import { formatAddress, parseAddress } from "../protocol/address.ts";
import { OcmError, type ValidationError } from "../protocol/errors.ts";
import { enqueue, newAggregate, randomId, sha256 } from "./aggregate.ts";
import { awaitVerdict, peerDeliveriesOf, requestIdOf, viewPage } from "./common.ts";
import { type SharingContext, stamp } from "./context.ts";
import { decideOn } from "./decide.ts";
import { revoked } from "./outgoing.ts";

const PERMISSIONS: readonly Permission[] = ["read", "write", "share"];

/** Shares that local users made (Sending Server, draft sections 6 and 11). */
export function sentShares(context: SharingContext): SentSharesApi {
  return {
    create: (user, share, cause) => create(context, user, share, cause),
    list: async (user, page) => viewPage(await context.store.outgoing.ofUser(user, page), sentShareView),
    async get(user, id) {
      return sentShareView(ownedBy(user, await context.store.outgoing.get(id)));
    },
    unshare: async (user, id, cause) => sentShareView(await endShare(context, id, user, cause)),
  };
}

async function create(context: SharingContext, user: string, wanted: NewShare, cause?: Cause): Promise<SentShareView> {
  const { store, system, sealer, self, trust, host } = context;
  const now = system.now();
  const recipient = parseAddress(wanted.shareWith);
  const permissions = wanted.permissions ?? ["read"];
  refuseInvalid(wanted, permissions, now);
  if (recipient.host === self.host) {
    throw new OcmError("recipient-unknown", { message: "This person is on this server: share without federation." });
  }
  const refusal = trust.refuse(recipient.host);
  if (refusal !== null) throw new OcmError("peer-not-allowed", { message: refusal });
  const owner = await host.users.find(user);
  if (owner === undefined || owner.mayShare === false) throw new OcmError("forbidden");
  const entry = await host.files.stat(user, wanted.path);
  if (entry === undefined) throw new OcmError("resource-missing");

  const secret = system.random("shared-secret", 32).toString("base64url");
  const requestId = requestIdOf(system, cause);
  const share: OutgoingShare = {
    ...newAggregate(randomId(system, "provider-id"), now),
    kind: "outgoing",
    user,
    path: wanted.path,
    fileId: entry.id ?? null,
    name: wanted.name ?? (entry.name === "" ? owner.displayName : entry.name),
    description: wanted.description ?? null,
    resourceType: entry.type,
    shareType: "user",
    shareWith: formatAddress(recipient),
    host: recipient.host,
    permissions,
    strict: false,
    legacyBasic: false,
    status: "announcing",
    reason: null,
    secretHash: sha256(secret),
    secret: sealer.seal(secret, "shared-secret"),
    epoch: 0,
    recipientDisplayName: null,
    expiresAt: wanted.expiresAt ?? null,
    endedAt: null,
    sent: false,
  };
  const queued = stamp(context, enqueue(share, { type: "share", to: recipient.host, requestId }, now));
  await store.outgoing.insert(queued);
  context.decided({ name: "share-created", record: share.id, user, peer: share.host, requestId });
  await awaitVerdict(context, share);
  return sentShareView((await store.outgoing.get(share.id)) ?? queued);
}

function refuseInvalid(wanted: NewShare, permissions: Permission[], now: number): void {
  const validationErrors: ValidationError[] = [];
  const known = permissions.length > 0 && permissions.every((permission) => PERMISSIONS.includes(permission));
  if (!known) validationErrors.push({ name: "permissions", message: "Use some of read, write and share." });
  if (wanted.expiresAt !== undefined && wanted.expiresAt <= now) {
    validationErrors.push({ name: "expiresAt", message: "This time has passed." });
  }
  const segments = wanted.path.split("/").slice(1);
  const plain =
    wanted.path === "/" || segments.every((segment) => segment !== "" && segment !== "." && segment !== "..");
  if (!wanted.path.startsWith("/") || !plain || wanted.path.includes("\0")) {
    validationErrors.push({ name: "path", message: "Use an absolute path without . and .. segments." });
  }
  if (validationErrors.length > 0) throw new OcmError("invalid-fields", { validationErrors });
}

/** Ends a share of this user, or of anybody where no user is named. Access is over when this resolves. */
export function endShare(context: SharingContext, id: string, user?: string, cause?: Cause): Promise<OutgoingShare> {
  const requestId = requestIdOf(context.system, cause);
  return decideOn(context, context.store.outgoing, id, { name: "share-revoked", requestId }, (found, now) => {
    if (user !== undefined) ownedBy(user, found);
    return revoked(found, now, requestId);
  });
}

function ownedBy(user: string, share: OutgoingShare | undefined): OutgoingShare {
  if (share === undefined || share.user !== user) throw new OcmError("not-found");
  return share;
}

/** What the owner of a share is shown; never the secret. */
export function sentShareView(share: OutgoingShare): SentShareView {
  return {
    id: share.id,
    path: share.path,
    name: share.name,
    description: share.description,
    resourceType: share.resourceType,
    shareWith: share.shareWith,
    permissions: share.permissions,
    status: share.status,
    strict: share.strict,
    reason: share.reason,
    recipientDisplayName: share.recipientDisplayName,
    createdAt: share.createdAt,
    expiresAt: share.expiresAt,
    endedAt: share.endedAt,
    deliveries: peerDeliveriesOf(share),
  };
}
