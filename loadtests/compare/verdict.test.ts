import { describe, expect, it } from "vitest";
import type { Round, Turn } from "../bench/report.ts";
import { gates } from "./counts/gates.ts";
import { compareRounds } from "./verdict.ts";

const BAND = 0.1;

/** Requests per second, and CPU milliseconds of one. */
function turn(rate: number, cpu: number): Turn {
  const load = { answers: rate, requestsPerSecond: rate, p50: 1, p99: 2, cpu: 1, busy: 0.1 };
  return { load, use: { cpu: cpu * rate, rss: 100, loopP99: 1 } };
}

/** Nine rounds that differ by some per cent, as on a machine that does other things too. */
function rounds(factor: { rate: number; cpu: number }, noise = [0, 3, -4, 2, -1, 5, -3, 1, -2]): Round[] {
  return noise.map((percent) => ({
    yardstick: turn(1000, 0.5),
    ours: turn(1000 * factor.rate * (1 + percent / 100), 0.5 * factor.cpu * (1 - percent / 300)),
  }));
}

describe("the verdict on a path", () => {
  it.each([
    ["same", { rate: 1, cpu: 1 }],
    ["same", { rate: 0.93, cpu: 1.07 }],
    ["slower", { rate: 0.8, cpu: 1.3 }],
    ["slower", { rate: 0.6, cpu: 1 }],
    ["faster", { rate: 1.3, cpu: 0.75 }],
    ["same", { rate: 1.5, cpu: 1 }],
  ] as const)("is %s for %j", (verdict, factor) => {
    expect(compareRounds(rounds(factor), BAND).verdict).toBe(verdict);
  });

  it("is not slower where only some rounds were", () => {
    const noisy = [0, -60, -70, 5, -80, 2, -3, 4, 1];
    const { rateRatio, verdict } = compareRounds(rounds({ rate: 1, cpu: 1 }, noisy), BAND);
    expect(rateRatio.low).toBeLessThan(0.5);
    expect(verdict).toBe("same");
  });

  it("tells medians of both", () => {
    const { rate, cpu, rateRatio } = compareRounds(rounds({ rate: 2, cpu: 0.5 }), BAND);
    expect(rate).toEqual({ base: 1000, ours: 2000 });
    expect(cpu).toEqual({ base: 0.5, ours: 0.25 });
    expect(rateRatio.median).toBe(2);
  });
});

describe("the gates by count", () => {
  const name = "upstream requests of a first listing";

  it("are green as long as nothing rises, and red by one more than the base or than there may be", () => {
    expect(gates({ [name]: 2 }, { [name]: 2 })).toEqual([{ name, ours: 2, base: 2, most: 2, ok: true }]);
    expect(gates({ [name]: 1 }, { [name]: 2 })[0]?.ok).toBe(true);
    expect(gates({ [name]: 2 }, { [name]: 1 })[0]?.ok).toBe(false);
    expect(gates({ [name]: 3 }, { [name]: 3 })[0]?.ok).toBe(false);
  });

  it("go by their own bounds where the base cannot be counted", () => {
    expect(gates({ [name]: 2 }, null)[0]).toMatchObject({ base: null, ok: true });
    expect(gates({ [name]: 3 }, null)[0]?.ok).toBe(false);
  });
});
