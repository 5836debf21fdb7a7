import type { PlannedShare } from "./plan.ts";

/** One share as its story went; times are those of the common clock, null where it did not happen. */
export interface Told {
  planned: PlannedShare;
  /** Identifiers at the sender and at the receiver. */
  sent: string | null;
  received: string | null;
  /** When the sender clicked, and when the record was answered for. */
  clickedAt: number | null;
  createdAt: number | null;
  arrivedAt: number | null;
  /** When the receiver's answer was answered for, and which it was. */
  answeredAt: number | null;
  accepted: boolean | null;
  /** When the sender's server knew of the answer. */
  answerKnownAt: number | null;
  /** When its end by a person was answered for. */
  endedAt: number | null;
  endedBy: "owner" | "receiver" | "expiry" | null;
  endKnownAt: number | null;
  /** The sender's server knows that it is over, for whatever reason. */
  isOver: boolean;
  reads: number;
  readsFailed: number;
  /** Attempts to read it after its end. */
  lateReads: number;
  /** The last time at which the owner's server gave bytes of it. */
  lastAccessAt: number | null;
}

/** What happened to every share. */
export interface Ledger {
  all: Told[];
  begin(planned: PlannedShare): Told;
  bySent(id: string): Told | undefined;
  byReceived(id: string): Told | undefined;
  byName(name: string): Told | undefined;
  sent(told: Told, id: string): void;
  received(told: Told, id: string): void;
}

export function nameOf({ number, folder }: PlannedShare): string {
  const name = `share ${number}`;
  return folder ? name : `${name}.txt`;
}

export function createLedger(): Ledger {
  const all: Told[] = [];
  const bySent = new Map<string, Told>();
  const byReceived = new Map<string, Told>();
  const byName = new Map<string, Told>();
  return {
    all,
    begin(planned) {
      const told: Told = {
        planned,
        sent: null,
        received: null,
        clickedAt: null,
        createdAt: null,
        arrivedAt: null,
        answeredAt: null,
        accepted: null,
        answerKnownAt: null,
        endedAt: null,
        endedBy: null,
        endKnownAt: null,
        isOver: false,
        reads: 0,
        readsFailed: 0,
        lateReads: 0,
        lastAccessAt: null,
      };
      all.push(told);
      byName.set(nameOf(planned), told);
      return told;
    },
    bySent: (id) => bySent.get(id),
    byReceived: (id) => byReceived.get(id),
    byName: (name) => byName.get(name),
    sent(told, id) {
      told.sent = id;
      bySent.set(id, told);
    },
    received(told, id) {
      told.received = id;
      byReceived.set(id, told);
    },
  };
}
