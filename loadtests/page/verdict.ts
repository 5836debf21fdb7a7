import type { BenchPathReport } from "./read-report.ts";

/** Whether a path reaches its aim, and by what that was judged. */
export interface Verdict {
  word: "reached" | "missed" | "not certain";
  by: "rates" | "CPU time";
}

/** Part of the ratio that its spread may be for the rates to say anything; and the fewest rounds that have a spread. */
const NARROW = 0.2;
const FEWEST_ROUNDS = 3;

/** What the ratio by CPU time differs by from run to run, as a part of it. */
const CPU_ERROR = 0.05;

/** Judges by the rates, or by CPU time where the rates of the rounds are far apart: that is the steadier of the two. */
export function judge({ ratio, cpuRatio, spread }: BenchPathReport, aim: number, rounds: number): Verdict {
  const [low, high] = spread.ratio;
  if (rounds >= FEWEST_ROUNDS && high - low <= NARROW * ratio) {
    return { word: ratio >= aim ? "reached" : "missed", by: "rates" };
  }
  const isClose = Math.abs(cpuRatio - aim) < CPU_ERROR * aim;
  return { word: isClose ? "not certain" : cpuRatio >= aim ? "reached" : "missed", by: "CPU time" };
}
