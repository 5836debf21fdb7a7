import { hash } from "node:crypto";

/**
 * The identifier of a received share. A providerId is unique at its sender only (G-08), so it follows from the sender's canonical host and
 * the providerId: then the primary key alone makes the pair unique, on a sharded cluster too, and the share is found by its key.
 */
export function incomingShareId(senderHost: string, providerId: string): string {
  return hash("sha256", JSON.stringify(["incoming", senderHost, providerId]));
}
