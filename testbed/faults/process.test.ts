import { describe, expect, it } from "vitest";
import { FAULT_NAMES, isProcessFault } from "./faults.ts";
import { bothOrders, processOrders } from "./process.ts";

const names = FAULT_NAMES.filter(isProcessFault);
const SEEDS = Array.from({ length: 50 }, (_, at) => String(at));

describe.each(names)("The fault %s", (name) => {
  it("is the same for the same seed, something for each, and not the same for all", () => {
    const all = SEEDS.map((seed) => processOrders(name, seed, "alpha", 0));
    expect(SEEDS.map((seed) => processOrders(name, seed, "alpha", 0))).toEqual(all);
    for (const { deaths = [], troubles = [] } of all) expect(deaths.length + troubles.length).toBe(1);
    expect(new Set(all.map((orders) => JSON.stringify(orders))).size).toBeGreaterThan(2);
    expect(SEEDS.map((seed) => processOrders(name, seed, "beta", 0))).not.toEqual(all);
  });

  it("ends by itself", () => {
    for (const seed of SEEDS) {
      // Whoever was killed twice is killed no more, and each trouble lasts for seconds.
      expect(processOrders(name, seed, "alpha", 2).deaths ?? []).toEqual([]);
      for (const { episodes } of processOrders(name, seed, "alpha", 0).troubles ?? []) {
        expect(episodes.length).toBeLessThan(4);
        for (const { forMs } of episodes) expect(forMs).toBeLessThan(3000);
      }
    }
  });
});

describe("Two faults at once", () => {
  it("do what each of them does", () => {
    const [one, other] = [
      processOrders("clock-skew", "1", "alpha", 0),
      processOrders("kill-after-commit", "1", "alpha", 0),
    ];
    expect(bothOrders(one, other)).toEqual({ ...one, ...other });
    expect(bothOrders(one, one).aheadMs).toBe(2 * (one.aheadMs ?? 0));
  });
});

describe("Two servers whose clocks are wrong", () => {
  it("are never so far apart outside an episode that one's signatures are not taken", () => {
    for (const seed of SEEDS) {
      const [one = 0, other = 0] = ["alpha", "beta"].map(
        (server) => processOrders("clock-skew", seed, server, 0).aheadMs,
      );
      expect(Math.abs(one - other)).toBeLessThan(60_000);
    }
  });
});
