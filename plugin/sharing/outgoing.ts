import type { Failure, OutgoingShare, OutgoingStatus } from "../ports/records.ts";
import { type Decision, enqueue, withdraw } from "./aggregate.ts";
import { isLive } from "./schedule.ts";

/**
 * The life of a share that was made here, as pure decisions:
 * announcing → pending → accepted | declined | rejected; any live state → revoked | expired.
 */

/** The peer has the share. An acceptance that overtook its answer stands. */
export function announced(share: OutgoingShare, recipientDisplayName: string | null): OutgoingShare {
  return {
    ...share,
    status: share.status === "announcing" ? "pending" : share.status,
    recipientDisplayName: recipientDisplayName ?? share.recipientDisplayName,
    secret: share.legacyBasic ? share.secret : null,
  };
}

/** The peer refused the share for good, or it may not be sent. */
export function rejected(share: OutgoingShare, reason: Failure, now: number): OutgoingShare {
  return share.status === "announcing" ? { ...ended(share, "rejected", now), secret: null, reason } : share;
}

/** SHARE_ACCEPTED of the receiver. */
export function acceptedByRecipient(share: OutgoingShare): Decision<OutgoingShare> {
  return share.status === "announcing" || share.status === "pending" ? { ...share, status: "accepted" } : undefined;
}

/** SHARE_DECLINED of the receiver, or its SHARE_UNSHARED after an acceptance (draft section 11). */
export function declinedByRecipient(share: OutgoingShare, now: number): Decision<OutgoingShare> {
  return isLive(share) ? withdrawAnnouncement(ended(share, "declined", now)) : undefined;
}

/** The owner ends the share: access is over with this write, the peer is told if it may know of the share. */
export function revoked(share: OutgoingShare, now: number, requestId: string): Decision<OutgoingShare> {
  return isLive(share) ? tellEnd(ended(share, "revoked", now), now, requestId) : undefined;
}

/** Its time has come. */
export function expired(share: OutgoingShare, now: number, requestId: string): Decision<OutgoingShare> {
  const due = isLive(share) && share.expiresAt !== null && share.expiresAt <= now;
  return due ? tellEnd(ended(share, "expired", now), now, requestId) : undefined;
}

/** May it be opened now? A share that waits for an answer is already readable: some servers look before they ask their user. */
export function opens(share: OutgoingShare, now: number): boolean {
  return isLive(share) && (share.expiresAt === null || share.expiresAt > now);
}

function ended(share: OutgoingShare, status: OutgoingStatus, now: number): OutgoingShare {
  return { ...share, status, epoch: share.epoch + 1, endedAt: now };
}

function tellEnd(share: OutgoingShare, now: number, requestId: string): OutgoingShare {
  const quiet = withdrawAnnouncement(share);
  if (!share.sent) return { ...quiet, secret: null };
  return enqueue(quiet, { type: "notification", detail: "SHARE_UNSHARED", to: share.host, requestId }, now);
}

function withdrawAnnouncement(share: OutgoingShare): OutgoingShare {
  return withdraw(share, (entry) => entry.type === "share");
}
