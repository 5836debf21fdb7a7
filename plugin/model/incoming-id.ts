import { createHash } from "node:crypto";

/**
 * The identifier of a received share. It follows from the sender's host and the providerId, so that the primary key alone makes
 * the pair unique, on a sharded MongoDB cluster too, and finding a share by the pair is a lookup by its key.
 */
export function incomingId(senderHost: string, providerId: string): string {
  return createHash("sha256")
    .update(JSON.stringify(["incoming", senderHost, providerId]))
    .digest("base64url");
}
