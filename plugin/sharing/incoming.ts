import type { EndedBy, IncomingShare } from "../ports/records.ts";
import { type Decision, enqueue, withdraw } from "./aggregate.ts";
import { isLive } from "./schedule.ts";

/**
 * The life of a share that was given to somebody here, as pure decisions. Only the signed word of its owner, its expiry or a person
 * ends it; what an attempt to use it shows never does.
 */

/** The recipient takes it; the sender is told. */
export function accepted(share: IncomingShare, now: number, requestId: string): Decision<IncomingShare> {
  if (share.status !== "pending") return undefined;
  const told = tell({ ...share, status: "accepted" }, "SHARE_ACCEPTED", now, requestId);
  return changedHook(told, now, requestId);
}

/** The recipient does not want it; the sender is told. */
export function declined(share: IncomingShare, now: number, requestId: string): Decision<IncomingShare> {
  if (share.status !== "pending") return undefined;
  const told = tell(
    { ...share, status: "declined", endedAt: now, endedBy: "person" },
    "SHARE_DECLINED",
    now,
    requestId,
  );
  return changedHook(told, now, requestId);
}

/**
 * The recipient is done with it: over at once, here, whatever the sender does. The sender is told with SHARE_DECLINED, which means the
 * same as SHARE_UNSHARED after an acceptance (draft section 11) and is understood by every server.
 */
export function left(share: IncomingShare, by: EndedBy, now: number, requestId: string): Decision<IncomingShare> {
  if (!isLive(share)) return undefined;
  const over: IncomingShare = { ...share, status: "ended", endedBy: by, endedAt: now };
  return changedHook(tell(over, "SHARE_DECLINED", now, requestId), now, requestId);
}

/** SHARE_UNSHARED of the sender. */
export function endedByOwner(share: IncomingShare, now: number, requestId: string): Decision<IncomingShare> {
  return over(share, "owner", now, requestId);
}

/** Its time has come, by our own clock. */
export function expiredHere(share: IncomingShare, now: number, requestId: string): Decision<IncomingShare> {
  return share.expiresAt !== null && share.expiresAt <= now ? over(share, "expiry", now, requestId) : undefined;
}

function over(share: IncomingShare, by: EndedBy, now: number, requestId: string): Decision<IncomingShare> {
  if (!isLive(share)) return undefined;
  const silent = withdraw(share, (entry) => entry.type === "notification" && entry.attempts === 0);
  return changedHook({ ...silent, status: "ended", endedBy: by, endedAt: now }, now, requestId);
}

/** An answer that has not been tried yet is replaced by the later one. */
function tell(share: IncomingShare, notificationType: string, now: number, requestId: string): IncomingShare {
  const coalesced = withdraw(share, (entry) => entry.type === "notification" && entry.attempts === 0);
  return enqueue(coalesced, { type: "notification", detail: notificationType, to: share.senderHost, requestId }, now);
}

function changedHook(share: IncomingShare, now: number, requestId: string): IncomingShare {
  const coalesced = withdraw(
    share,
    (entry) => entry.type === "hook" && entry.detail === "onShareChanged" && entry.attempts === 0,
  );
  return enqueue(coalesced, { type: "hook", detail: "onShareChanged", requestId }, now);
}
