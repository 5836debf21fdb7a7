import { hash } from "node:crypto";
import type { Aggregate, AnyAggregate, JsonObject, OutboxEntry, OutboxType } from "../ports/records.ts";
import type { Collection } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import { OcmError } from "../protocol/errors.ts";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** How long a message that could not be delivered is tried again, in milliseconds; then it is parked. */
export const GIVE_UP_AFTER = 90 * DAY;

/** The warning of a received share whose sender is neither a contact of the recipient nor at a peer that the operator knows. */
export const UNKNOWN_SENDER = "unknown-sender";

/** SHA-256 as lower-case hex: how our own secrets are stored and found. */
export function sha256(text: string): string {
  return hash("sha256", text);
}

/** An identifier that follows from what identifies the record, so that the same thing cannot be stored twice. */
export function derivedId(...parts: string[]): string {
  return hash("sha256", JSON.stringify(parts));
}

/** The fields of an aggregate that nothing has happened to yet. */
export function newAggregate(id: string, now: number): Aggregate {
  return { id, version: 0, createdAt: now, updatedAt: now, outbox: [], nextAt: null, leaseBy: null, leaseUntil: null };
}

/** A random identifier of 128 bits; hexadecimal, so that on a command line it is never taken for a flag. */
export function randomId(system: System, purpose: string): string {
  return system.random(purpose, 16).toString("hex");
}

export interface NewEntry {
  type: OutboxType;
  to?: string;
  detail?: string;
  body?: JsonObject;
  requestId: string;
}

/** The record with one more thing that must follow. */
export function enqueue<R extends AnyAggregate>(record: R, entry: NewEntry, now: number): R {
  // Numbers are never used twice, even if the outbox was emptied while its head was being sent: each version has 16 of its own.
  const seq = record.outbox.reduce((highest, other) => Math.max(highest, other.seq), record.version * 16) + 1;
  const added: OutboxEntry = {
    seq,
    type: entry.type,
    to: entry.to ?? null,
    detail: entry.detail ?? "",
    body: entry.body ?? null,
    attempts: 0,
    createdAt: now,
    notBefore: now,
    giveUpAt: now + GIVE_UP_AFTER,
    requestId: entry.requestId,
    lastError: null,
    parked: false,
  };
  return { ...record, outbox: [...record.outbox, added] };
}

/** The record without the entries that a later decision has made pointless. */
export function withdraw<R extends AnyAggregate>(record: R, pointless: (entry: OutboxEntry) => boolean): R {
  return { ...record, outbox: record.outbox.filter((entry) => !pointless(entry)) };
}

/** What a decision says: the record as it has to be, or undefined when nothing changes. */
export type Decision<R> = R | undefined;

/**
 * Applies a decision to a stored record: read, decide, write if nobody was faster, else again.
 * Returns the record as it is now stored, changed or not.
 * @param known the record as somebody has just read it: a change to it needs no other look
 * @throws OcmError not-found when there is no such record, and whatever `decide` throws
 */
export async function change<R extends AnyAggregate>(
  collection: Collection<R>,
  id: string,
  decide: (record: R) => Decision<R>,
  known?: R,
): Promise<R> {
  if (known !== undefined) {
    const decided = decide(known);
    if (decided !== undefined && (await collection.replace(decided, known)))
      return { ...decided, version: known.version + 1 };
  }
  for (let attempt = 0; attempt < 50; attempt++) {
    const record = await collection.get(id);
    if (record === undefined) throw new OcmError("not-found");
    const decided = decide(record);
    if (decided === undefined) return record;
    if (await collection.replace(decided, record)) return { ...decided, version: record.version + 1 };
  }
  throw new OcmError("unavailable", { retryAfter: 1, message: "Too many changes to one record at the same time." });
}
