import { median } from "../bench/statistics.ts";

/** How often rounds are drawn anew. */
const DRAWS = 4000;

/** Where a median lies, as far as the rounds tell. */
export interface Interval {
  median: number;
  low: number;
  high: number;
}

/**
 * A percentile bootstrap interval of the median (Efron): rounds are drawn with replacement, as often as there are rounds, many times
 * over. The same numbers give the same interval.
 *
 * @param confidence part of the draws that lie within, such as 0.99
 * @throws RangeError without numbers
 */
export function bootstrapMedian(numbers: readonly number[], confidence: number): Interval {
  const random = seeded(0x9e3779b9);
  const draw = () => numbers[Math.floor(random() * numbers.length)] as number;
  const medians = Array.from({ length: DRAWS }, () => median(numbers.map(draw))).sort((a, b) => a - b);
  const outside = (1 - confidence) / 2;
  const at = (part: number) => medians[Math.min(DRAWS - 1, Math.max(0, Math.round(part * (DRAWS - 1))))] as number;
  return { median: median(numbers), low: at(outside), high: at(1 - outside) };
}

/** Mulberry32: numbers from 0 to 1 that follow from the seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
