import { describe, expect, it } from "vitest";
import type { SimulationSettings } from "../settings.ts";
import { runRealTime } from "./run.ts";

const SETTINGS: SimulationSettings = {
  servers: 4,
  users: 12,
  shares: 40,
  topology: "mesh",
  workload: "steady",
  fault: null,
  seed: "7",
};
const LONG = 120_000;

describe("A run in real time", () => {
  it(
    "plays the plan over real sockets in processes of its own, to the last share",
    async () => {
      const { total, complete, measured, planned } = await runRealTime(SETTINGS, { isInterrupted: () => false });
      expect([complete, planned, total.created, total.received]).toEqual([true, 40, 40, 40]);
      expect(total.answered).toBeGreaterThan(20);
      expect(total.read).toBeGreaterThan(5);
      // A share, an answer to most of them, and a token for what is read.
      expect(total.requests).toBeGreaterThan(40 + total.answered + 5);
      expect(measured.sharesPerSecond).toBeGreaterThan(0);
    },
    LONG,
  );

  it(
    "ends when it is interrupted, with what there is",
    async () => {
      const begun = performance.now();
      const { complete, total } = await runRealTime(
        { ...SETTINGS, shares: 100_000 },
        { isInterrupted: () => performance.now() - begun > 1_000 },
      );
      expect(complete).toBe(false);
      expect(total.created).toBeLessThan(100_000);
    },
    LONG,
  );
});
