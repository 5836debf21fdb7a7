import { createHash } from "node:crypto";

/** Bytes that follow from the seed, a name and how often they were asked for: each name is a stream of its own. */
export type SeededBytes = (name: string, bytes: number) => Buffer;

/**
 * Streams of bytes for one owner, such as a server. One stream says nothing of another, so a new use of randomness somewhere changes
 * nothing elsewhere.
 */
export function seededBytes(seed: string, owner: string): SeededBytes {
  const counters = new Map<string, number>();
  return (name, bytes) => {
    const count = counters.get(name) ?? 0;
    counters.set(name, count + 1);
    const text = JSON.stringify([seed, owner, name, count]);
    if (bytes <= 64) return createHash("sha512").update(text).digest().subarray(0, bytes);
    const blocks: Buffer[] = [];
    for (let block = 0; block * 64 < bytes; block += 1) {
      blocks.push(createHash("sha512").update(`${text}${block}`).digest());
    }
    return Buffer.concat(blocks).subarray(0, bytes);
  };
}

/** Chances for plans and networks. */
export interface Dice {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A whole number from 0 up to, but not including, `end`, which is at least 1. */
  below(end: number): number;
  /** True this often, from 0 to 1. */
  chance(often: number): boolean;
  /** A waiting time with this mean, as between calls at a switchboard. */
  wait(mean: number): number;
  /** One of these. @throws RangeError when there is none */
  pick<T>(choice: readonly T[]): T;
}

/** Dice that follow from the seed and a name: Marsaglia's xorshift over 128 bits, which is fast and plenty for plans. */
export function dice(seed: string, name: string): Dice {
  const start = createHash("sha256")
    .update(JSON.stringify([seed, name]))
    .digest();
  let [a, b, c, d] = [start.readInt32LE(0), start.readInt32LE(4), start.readInt32LE(8), start.readInt32LE(12) | 1];
  const next = (): number => {
    const t = a ^ (a << 11);
    [a, b, c] = [b, c, d];
    d = d ^ (d >>> 19) ^ t ^ (t >>> 8);
    return (d >>> 0) / 2 ** 32;
  };
  const below = (end: number): number => Math.floor(next() * end);
  return {
    next,
    below,
    chance: (often) => next() < often,
    wait: (mean) => -Math.log(1 - next()) * mean,
    pick(choice) {
      const picked = choice[below(choice.length)];
      if (choice.length === 0) throw new RangeError("There is nothing to pick from.");
      return picked as (typeof choice)[number];
    },
  };
}
