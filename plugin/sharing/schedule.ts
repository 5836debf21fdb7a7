import type { AnyAggregate, OutboxEntry } from "../ports/records.ts";
import { DAY, UNKNOWN_SENDER } from "./aggregate.ts";

/** Does the record still have a life of its own, or only messages about its end? */
export function isLive(record: AnyAggregate): boolean {
  switch (record.kind) {
    case "outgoing":
      return record.status === "announcing" || record.status === "pending" || record.status === "accepted";
    case "incoming":
      return record.status === "pending" || record.status === "accepted";
    case "invite":
      return record.status === "open";
    case "contact":
      return record.status === "accepting" || record.status === "active";
  }
}

/**
 * What is done next of a record's outbox. Messages to the peer and effects on this server are two queues, each in order: a hook that
 * fails must not keep a message back. Parked entries are passed over.
 */
export function nextEntry(record: AnyAggregate): OutboxEntry | undefined {
  const waiting = record.outbox.filter((entry) => !entry.parked);
  const toPeer = waiting.find((entry) => entry.to !== null);
  const local = waiting.find((entry) => entry.to === null);
  if (toPeer === undefined || local === undefined) return toPeer ?? local;
  return local.notBefore <= toPeer.notBefore ? local : toPeer;
}

/** When a live record ends by itself, in milliseconds, or null. */
export function expiryOf(record: AnyAggregate): number | null {
  return isLive(record) && record.kind !== "contact" ? record.expiresAt : null;
}

/** When an ended record may be forgotten: nothing waits to be told, or it has been parked for as long again. */
export function purgeTime(record: AnyAggregate, retention: number): number | null {
  if (isLive(record) || record.outbox.some((entry) => !entry.parked)) return null;
  const parked = record.outbox.map((entry) => entry.giveUpAt);
  const kept = isNoise(record) ? Math.min(retention, DAY) : retention;
  return Math.max(record.endedAt ?? record.updatedAt, ...parked) + kept;
}

/** A share that a stranger sent and ended, and nobody here ever used: keeping it for long would let strangers fill the store. */
function isNoise(record: AnyAggregate): boolean {
  return (
    record.kind === "incoming" &&
    record.warnings.includes(UNKNOWN_SENDER) &&
    record.access === "unknown" &&
    (record.endedBy === "owner" || record.endedBy === "expiry")
  );
}

/**
 * The record, ready to be written: `updatedAt` is now, and `nextAt` the earliest moment at which the worker has something to do
 * with it. Every write of an aggregate passes here.
 */
export function scheduled<R extends AnyAggregate>(record: R, now: number, retention: number): R {
  const times = [nextEntry(record)?.notBefore ?? null, expiryOf(record), purgeTime(record, retention)].filter(
    (time) => time !== null,
  );
  return { ...record, updatedAt: now, nextAt: times.length === 0 ? null : Math.min(...times) };
}
