import type { Dice } from "./random.ts";
import type { Person, World } from "./world.ts";

/** A share and what becomes of it; times in milliseconds. */
export interface PlannedShare {
  number: number;
  /** Since the begin. */
  at: number;
  from: Person;
  to: Person;
  folder: boolean;
  /** Bytes of its file. */
  size: number;
  /** How long after it arrived its receiver answers; null: never. */
  answer: { accepts: boolean; after: number } | null;
  /** After the acceptance, when the receiver reads it. */
  reads: number[];
  /** After it was made; null: it goes on. By `expiry` it ends at its own time. */
  end: { by: "owner" | "receiver" | "expiry"; after: number } | null;
  /** How long after its end the receiver tries to read it all the same. */
  late: number[];
  /**
   * `spam`: a stranger sends it, whom nobody introduces. `forged`: somebody sends it in the name of the sender's server with keys that were
   * copied from there. Absent: it is what it seems.
   */
  kind?: "spam" | "forged";
}

/** Something that happens beside the shares. `what` is told in the report. */
export type PlannedEvent = { at: number; what: string } & (
  | { kind: "note" }
  /** Nothing gets from a server on one side to one on another. */
  | { kind: "divide"; sides: readonly number[]; until: number }
  | { kind: "rotate"; site: number }
  /** A server ends as in a power cut, and is back at a time. */
  | { kind: "crash"; site: number; until: number }
);

/** What is to happen. */
export interface Plan {
  shares: PlannedShare[];
  events: PlannedEvent[];
  /** Milliseconds since the begin until which forged shares may be taken. @default none is */
  forgedUntil?: number;
}

export interface Workload {
  /** One line for the help. */
  line: string;
  /** A server that belongs to nobody takes part, with one person. */
  stranger?: true;
  /** @param shares at least 1, and so many the plan has */
  plan(world: World, shares: number, dice: Dice): Plan;
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** What usually becomes of a share within so many milliseconds. */
export function usualShare(
  number: number,
  at: number,
  [from, to]: readonly [Person, Person],
  dice: Dice,
  span: number,
): PlannedShare {
  const fate = dice.next();
  const after = 2 * SECOND + dice.wait(span / 30);
  const answer = fate < 0.85 ? { accepts: true, after } : fate < 0.95 ? { accepts: false, after } : null;
  const accepted = answer?.accepts === true;
  const reads = accepted ? Array.from({ length: dice.below(4) }, () => dice.wait(span / 10)) : [];
  const ending = dice.next();
  const by = ending < 0.15 ? "owner" : ending < 0.22 ? "expiry" : ending < 0.28 && accepted ? "receiver" : null;
  return {
    number,
    at,
    from,
    to,
    folder: dice.chance(0.05),
    size: Math.round(200 + dice.wait(3000)),
    answer,
    reads,
    end: by === null ? null : { by, after: after + MINUTE + dice.wait(span / 4) },
    late: lateReads(by, dice),
  };
}

/** When somebody tries to read what is over: at once, before their own server can know of it, and a little later. */
export function lateReads(by: "owner" | "receiver" | "expiry" | null, dice: Dice): number[] {
  return by === null || by === "receiver" ? [] : [dice.below(40), SECOND + dice.wait(10 * SECOND)];
}

/** A share that is accepted and goes on, with nothing more in it. */
export function plainShare(
  number: number,
  at: number,
  [from, to]: readonly [Person, Person],
  dice: Dice,
): PlannedShare {
  return {
    number,
    at,
    from,
    to,
    folder: false,
    size: Math.round(200 + dice.wait(3000)),
    answer: { accepts: true, after: 2 * SECOND + dice.wait(MINUTE) },
    reads: [],
    end: null,
    late: [],
  };
}

/** Two people who share: somebody, and one of the people with whom they share. */
export function couple(world: World, dice: Dice): [Person, Person] {
  const from = dice.pick(world.people);
  return [from, dice.pick(world.circle(from))];
}

/** So many moments within a span, in order. */
export function moments(count: number, span: number, dice: Dice): number[] {
  return Array.from({ length: count }, () => Math.round(dice.next() * span)).sort((one, other) => one - other);
}

/** The server with the most people. */
export function largestSite({ peopleOf }: World): number {
  return peopleOf.reduce((best, people, index) => (people.length > (peopleOf[best]?.length ?? 0) ? index : best), 0);
}
