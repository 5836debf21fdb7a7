import { describe, expect, it } from "vitest";
import { confirmed } from "./confirm.ts";
import type { Comparison, Verdict } from "./verdict.ts";

function comparison(verdict: Verdict): Comparison {
  const interval = { median: 1, low: 1, high: 1 };
  return { rate: { base: 1, ours: 1 }, cpu: { base: 1, ours: 1 }, rateRatio: interval, cpuRatio: interval, verdict };
}

describe("a path that looks slower", () => {
  it.each([
    ["same", 1, ["same", "slower"]],
    ["faster", 1, ["faster", "slower"]],
    ["same", 2, ["slower", "same"]],
    ["faster", 3, ["slower", "slower", "faster"]],
    ["slower", 3, ["slower", "slower", "slower", "same"]],
  ] as const)("is %s after %i of the runs %j", async (verdict, runs, verdicts) => {
    let made = 0;
    const result = await confirmed(async () => comparison(verdicts[made++] ?? "same"));
    expect([result.verdict, made]).toEqual([verdict, runs]);
  });
});
