import type { Counts } from "./count.ts";

/** What no count may exceed, whatever the base has. */
const MOST: Counts = {
  "requests to send a share": 1,
  "queries to send and receive a share": 16,
  "commits to send and receive a share": 5,
  "queries to accept a share and tell it": 20,
  "upstream requests of a first listing": 2,
  "upstream requests of a listing that is known": 1,
  "64 KiB pieces in memory of a download that is held back": 48,
};

/** One count in both checkouts. */
export interface Gate {
  name: string;
  ours: number;
  /** Null: the base cannot be counted so. */
  base: number | null;
  most: number;
  ok: boolean;
}

/** A count is red where it is more than the base's, or more than it may be. The same code always gives the same counts. */
export function gates(ours: Counts, base: Counts | null): Gate[] {
  return Object.entries(ours).map(([name, count]) => {
    const before = base?.[name] ?? null;
    const most = MOST[name] ?? Number.POSITIVE_INFINITY;
    return { name, ours: count, base: before, most, ok: count <= most && (before === null || count <= before) };
  });
}
