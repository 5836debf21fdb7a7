import type { AccessContext } from "../../api.ts";
import type { PeerClient } from "../../ports/peer-client.ts";
import type { Failure, IncomingShare } from "../../ports/records.ts";
import type { Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import { meets } from "../../protocol/code-flow.ts";
import { OcmError } from "../../protocol/errors.ts";
import { isUsableName } from "../dav/share-path.ts";

/**
 * The received share that a user wants to use, if they may.
 * @throws OcmError not-found, share-ended, share-not-accepted, second-factor, peer-incompatible
 */
export async function usableShare(
  deps: { store: { incoming: Pick<Store["incoming"], "get"> }; system: Pick<System, "now"> },
  user: string,
  id: string,
  context: AccessContext,
): Promise<IncomingShare> {
  const share = await deps.store.incoming.get(id);
  if (share === undefined || share.user !== user) throw new OcmError("not-found");
  const expired = share.expiresAt !== null && deps.system.now() >= share.expiresAt;
  if (share.status === "ended" || expired) throw new OcmError("share-ended");
  if (share.status !== "accepted") throw new OcmError("share-not-accepted");
  if (!meets(share.requirements, { exchangeToken: true, enforceMfa: true })) {
    throw new OcmError("peer-incompatible", { message: "The owner demands something that this server does not know." });
  }
  if (share.requirements.includes("must-use-mfa") && context.secondFactor !== true) throw new OcmError("second-factor");
  return share;
}

/** Why the peer is not asked now, because its breaker is open; undefined: it is. */
export async function breakerReason(
  deps: { peers: Pick<PeerClient, "isUnreachable" | "health">; system: Pick<System, "now"> },
  host: string,
): Promise<Failure | undefined> {
  if (!deps.peers.isUnreachable(host)) return undefined;
  const { lastError } = (await deps.peers.health(host)) ?? {};
  const unknown = { code: "peer-unreachable", message: `${host} has not answered lately.`, status: null };
  return lastError ?? { ...unknown, at: deps.system.now() };
}

/** Characters of a path: what every server has to take (RFC 9110 section 4.1), and where folders within folders have to come to an end. */
const LONGEST = 8_000;

/**
 * The path of something in a share, put into one form: names divided by `/`, "" for the share itself.
 * @throws OcmError path-invalid; resource-missing for anything below a shared file
 */
export function pathInShare(share: IncomingShare, path: string): string {
  if (path === "") return "";
  if (path.length > LONGEST || !path.isWellFormed() || !path.split("/").every(isUsableName))
    throw new OcmError("path-invalid");
  if (share.resourceType !== "folder") throw new OcmError("resource-missing");
  return path;
}

/** Like `pathInShare`, for what can be made, moved or removed. @throws OcmError forbidden for the share itself */
export function innerPath(share: IncomingShare, path: string): string {
  const inner = pathInShare(share, path);
  if (inner === "") {
    throw new OcmError("forbidden", { message: "A share cannot be moved or removed like a file: leave it instead." });
  }
  return inner;
}

/** Accepted, and not expired. */
export function isUsable({ status, expiresAt }: Pick<IncomingShare, "status" | "expiresAt">, now: number): boolean {
  return status === "accepted" && (expiresAt === null || now < expiresAt);
}
