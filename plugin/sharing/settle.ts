import type { PeerAnswer, PeerFailure } from "../ports/peer-client.ts";
import type { AnyAggregate, Contact, Failure, OutboxEntry, OutgoingShare } from "../ports/records.ts";
import { decodeInviteAnswer, type Identity } from "../protocol/invite-accepted.ts";
import { decodeShareAnswer } from "../protocol/share-answer.ts";
import { DAY, HOUR, SECOND } from "./aggregate.ts";
import { confirmedContact } from "./contacts.ts";
import { announced, rejected } from "./outgoing.ts";

/** What came of an outbox entry. */
export type Verdict =
  | { kind: "answer"; answer: PeerAnswer }
  | { kind: "failure"; failure: PeerFailure }
  /** It may not be sent. */
  | { kind: "refused"; reason: Failure }
  /** A local effect. */
  | { kind: "done" }
  | { kind: "error"; message: string };

export interface Settled<R extends AnyAggregate> {
  record: R;
  outcome: "acknowledged" | "refused" | "will-retry" | "parked";
  failure: Failure | null;
}

/** Longest pause between two attempts. */
const LONGEST_PAUSE = 6 * HOUR;
/** A 401 may be our clock or keys that the peer could not fetch, a 404 an endpoint that has moved: each is tried again for a while. */
const PATIENT_ATTEMPTS = 10;
/** A message that the peer may still be reading is void after this: signatures are older than anybody takes. */
const STALE_AFTER = 310 * SECOND;
const FINAL_STATUS = new Set([400, 403, 405, 409, 410, 411, 413, 414, 415, 422, 501]);

/**
 * Applies a verdict to the record as it now is: pure. The entry is gone when it was acknowledged or refused for good; else it has a
 * later `notBefore`, or is parked. `jitter` is a number from 0 to 1.
 */
export function settle<R extends AnyAggregate>(
  record: R,
  entry: OutboxEntry,
  verdict: Verdict,
  now: number,
  jitter: number,
): Settled<R> {
  const current = record.outbox.find((other) => other.seq === entry.seq);
  // A later decision has made the entry pointless while it was under way; what it brought about still counts.
  const attempted = current ?? entry;
  const failure = failureOf(attempted, verdict, now);
  if (failure === null) {
    return { record: popped(acknowledged(record, attempted, verdict, now), entry), outcome: "acknowledged", failure };
  }
  if (current === undefined) return { record, outcome: "refused", failure };
  if (endedUnknown(record, current, verdict)) {
    // The announcement may have got there later than the word of its end: say it once more when that can't happen any more.
    if (record.kind === "outgoing" && record.secret !== null && current.attempts === 0) {
      return { record: later(record, current, failure, now + STALE_AFTER), outcome: "will-retry", failure };
    }
    return { record: popped(forgetSecret(record), entry), outcome: "acknowledged", failure: null };
  }
  if (isFinal(verdict, current) || now >= current.giveUpAt) {
    if (current.type === "share" || current.type === "invite-accepted") {
      return { record: popped(givenUp(record, failure, now), entry), outcome: "refused", failure };
    }
    if (verdict.kind === "answer" && isFinal(verdict, current)) {
      return { record: popped(record, entry), outcome: "refused", failure };
    }
    // Our own policy stands in the way, or patience is at its end: kept, so that an operator can send it yet.
    return { record: parked(record, current, failure), outcome: "parked", failure };
  }
  const pause = Math.max(backoff(current.attempts, jitter), retryAfterOf(verdict));
  return { record: later(record, current, failure, now + pause), outcome: "will-retry", failure };
}

/** Milliseconds until the next attempt: 2 s, 4 s, 8 s … up to six hours, spread by a fifth. */
export function backoff(attempts: number, jitter: number): number {
  const base = Math.min(2 * SECOND * 2 ** Math.min(attempts, 20), LONGEST_PAUSE);
  return Math.round(base * (0.9 + jitter * 0.2));
}

function failureOf(entry: OutboxEntry, verdict: Verdict, now: number): Failure | null {
  switch (verdict.kind) {
    case "done":
      return null;
    case "error":
      return { code: "hook-failed", message: verdict.message, at: now, status: null };
    case "refused":
      return verdict.reason;
    case "failure":
      return { code: verdict.failure.code, message: verdict.failure.message, at: now, status: verdict.failure.status };
    case "answer": {
      const { status, body } = verdict.answer;
      if (status >= 200 && status < 300) return isAnswer(entry, status, body) ? null : noAnswer(status, now);
      // An invite that we accepted before, and the server tells us of whom it was (the answer of the first time was lost).
      if (status === 409 && entry.type === "invite-accepted" && identityIn(body, entry) !== null) return null;
      return { code: "peer-refused", message: `The other server answered ${status}${said(body)}`, at: now, status };
    }
  }
}

/**
 * A page of a gateway, or of a login, in place of the peer says nothing. The draft's 201 to a share counts whatever its body is (G-16). Of an
 * accepted invite the body is the answer: where it was cut off, the invite has been used up, and the next attempt is told by whom.
 */
function isAnswer({ type }: OutboxEntry, status: number, body: unknown): boolean {
  if (type === "share") return status === 201 || body !== undefined;
  return type !== "invite-accepted" || body !== undefined;
}

function noAnswer(status: number, at: number): Failure {
  const message = `The other server answered ${status} with something that is no answer.`;
  return { code: "peer-bad-answer", message, at, status };
}

/** The peer's own sentence, short and without control characters. */
function said(body: unknown): string {
  const text = typeof body === "object" && body !== null && "message" in body ? body.message : undefined;
  if (typeof text !== "string" || text === "") return ".";
  const printable = text.replace(/[\p{Cc}\p{Cf}]/gu, " ").slice(0, 300);
  return `: ${printable}`;
}

function acknowledged<R extends AnyAggregate>(record: R, entry: OutboxEntry, verdict: Verdict, now: number): R {
  const body = verdict.kind === "answer" ? verdict.answer.body : undefined;
  if (entry.type === "share" && record.kind === "outgoing") {
    return announced(record, decodeShareAnswer(body)?.slice(0, 255) ?? null) as R;
  }
  if (entry.type === "invite-accepted" && record.kind === "contact" && record.status === "accepting") {
    const identity = identityIn(body, entry);
    if (identity !== null) return confirmedContact(record, identity, now, entry.requestId) as R;
    const reason = {
      code: "peer-bad-answer",
      message: "The inviting server did not say who invited.",
      at: now,
      status: null,
    };
    return givenUp(record, reason, now);
  }
  return forgetSecret(record);
}

/** Who invited, if the answer says so. */
function identityIn(body: unknown, entry: OutboxEntry): Identity | null {
  try {
    return decodeInviteAnswer(body, entry.to ?? "");
  } catch {
    return null;
  }
}

/** Once its end has been told, nobody needs the secret of an outgoing share any more. */
function forgetSecret<R extends AnyAggregate>(record: R): R {
  return record.kind === "outgoing" && record.endedAt !== null ? { ...record, secret: null } : record;
}

function givenUp<R extends AnyAggregate>(record: R, reason: Failure, now: number): R {
  if (record.kind === "outgoing") return rejected(record as OutgoingShare, reason, now) as R;
  if (record.kind === "contact" && record.status === "accepting") {
    const failed: Contact = { ...record, status: "failed", token: null, reason, endedAt: now };
    return failed as R;
  }
  return record;
}

/** A word of an end about something that the peer does not have: there is nothing left to say. */
function endedUnknown(record: AnyAggregate, entry: OutboxEntry, verdict: Verdict): boolean {
  if (entry.type !== "notification" || verdict.kind !== "answer" || record.endedAt === null) return false;
  return verdict.answer.status === 400 || verdict.answer.status === 404 || verdict.answer.status === 410;
}

function isFinal(verdict: Verdict, entry: OutboxEntry): boolean {
  if (verdict.kind === "refused") return true;
  if (verdict.kind === "failure") return verdict.failure.final;
  if (verdict.kind !== "answer") return false;
  const { status, body } = verdict.answer;
  const isPatient = status === 401 || status === 404 || (entry.type === "invite-accepted" && isCutOff(status, body));
  return isPatient ? entry.attempts + 1 >= PATIENT_ATTEMPTS : FINAL_STATUS.has(status);
}

/** An answer that may have told who invited: of an acceptance, or of one that was made before. */
function isCutOff(status: number, body: unknown): boolean {
  return (status >= 200 && status < 300) || (status === 409 && body === undefined);
}

function retryAfterOf(verdict: Verdict): number {
  return verdict.kind === "answer" ? Math.min(verdict.answer.retryAfter ?? 0, DAY) : 0;
}

function popped<R extends AnyAggregate>(record: R, entry: OutboxEntry): R {
  return { ...record, outbox: record.outbox.filter((other) => other.seq !== entry.seq) };
}

function parked<R extends AnyAggregate>(record: R, entry: OutboxEntry, lastError: Failure): R {
  return amended(record, { ...entry, attempts: entry.attempts + 1, lastError, parked: true });
}

function later<R extends AnyAggregate>(record: R, entry: OutboxEntry, lastError: Failure, notBefore: number): R {
  return amended(record, { ...entry, attempts: entry.attempts + 1, lastError, notBefore });
}

function amended<R extends AnyAggregate>(record: R, entry: OutboxEntry): R {
  return { ...record, outbox: record.outbox.map((other) => (other.seq === entry.seq ? entry : other)) };
}
