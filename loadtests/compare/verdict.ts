import type { Round } from "../bench/report.ts";
import { median, rounded } from "../bench/statistics.ts";
import { bootstrapMedian, type Interval } from "./bootstrap.ts";

/** Of the draws of the bootstrap, this part lies within an interval. */
const CONFIDENCE = 0.99;

export type Verdict = "slower" | "faster" | "same";

/** One path of this checkout, against the same of the base. Above 1 this checkout is better. */
export interface Comparison {
  /** Requests per second, medians over the rounds. */
  rate: { base: number; ours: number };
  /** CPU milliseconds of a request, medians over the rounds. */
  cpu: { base: number; ours: number };
  /** Ratio of the rates within a round. */
  rateRatio: Interval;
  /** Ratio of base's CPU time for a request to ours within a round: what others do on the machine hardly touches it. */
  cpuRatio: Interval;
  verdict: Verdict;
}

/** Rates feel what else the machine does, so their band is so many times as wide as that of the CPU times. */
export const RATE_BAND = 2.5;

/**
 * Says what became of a path. It is slower only where a whole interval, of the CPU times or of the rates, lies below its band, and
 * faster only where that of the CPU times lies above and none below.
 *
 * @param rounds "yardstick" is the base here
 * @param band of the CPU times, such as 0.1: ten per cent to either side are taken for nothing
 */
export function compareRounds(rounds: readonly Round[], band: number): Comparison {
  const rates = rounds.map(({ ours, yardstick }) => [ours, yardstick].map(({ load }) => load.requestsPerSecond));
  const cpus = rounds.map(({ ours, yardstick }) => [ours, yardstick].map(({ load, use }) => use.cpu / load.answers));
  const rateRatio = interval(rates.map(([ours = 0, base = 0]) => ours / base));
  const cpuRatio = interval(cpus.map(([ours = 0, base = 0]) => base / ours));
  return {
    rate: medians(rates),
    cpu: medians(cpus),
    rateRatio,
    cpuRatio,
    verdict: verdictOf(rateRatio, cpuRatio, band),
  };
}

function interval(ratios: readonly number[]): Interval {
  const { median, low, high } = bootstrapMedian(ratios, CONFIDENCE);
  return { median: rounded(median, 3), low: rounded(low, 3), high: rounded(high, 3) };
}

function medians(pairs: readonly (readonly number[])[]): { base: number; ours: number } {
  const at = (index: number) => rounded(median(pairs.map((pair) => pair[index] ?? 0)));
  return { ours: at(0), base: at(1) };
}

function verdictOf(rate: Interval, cpu: Interval, band: number): Verdict {
  if (cpu.high < 1 - band || rate.high < 1 / (1 + band * RATE_BAND)) return "slower";
  return cpu.low > 1 + band ? "faster" : "same";
}
