import { describe, expect, it } from "vitest";
import type { SimulationReport } from "./report.ts";
import { type SimulationHooks, simulate } from "./run.ts";
import type { SimulationSettings } from "./settings.ts";

const SMALL: SimulationSettings = {
  servers: 8,
  users: 40,
  shares: 60,
  topology: "scale-free",
  workload: "steady",
  fault: null,
  seed: "7",
};
/** Room for a machine with other work. */
const LONG = 120_000;

async function run(more: Partial<SimulationSettings>, hooks?: SimulationHooks): Promise<SimulationReport> {
  return simulate({ ...SMALL, ...more }, hooks);
}

function broken({ invariants }: SimulationReport): string[] {
  return invariants.filter(({ holds }) => !holds).flatMap(({ name, broken }) => [name, ...broken]);
}

describe("A small simulation", () => {
  it.each<Partial<SimulationSettings>>([
    { topology: "star", workload: "steady" },
    { topology: "mesh", workload: "semester-start" },
    { topology: "scale-free", workload: "viral-share" },
    { topology: "directory", workload: "mass-revocation" },
    { topology: "national", workload: "partition" },
    { topology: "scale-free", workload: "spammer" },
    { topology: "directory", workload: "key-compromise", servers: 4, users: 12, shares: 24 },
  ])(
    "of %o ends well: everybody has what they were told, and nothing waits",
    async (settings) => {
      const report = await run(settings);
      expect(broken(report)).toEqual([]);
      expect(report.complete).toBe(true);
      for (const { checked } of report.invariants) expect(checked).toBeGreaterThan(0);
      const { totals, latencies } = report;
      const { shares } = { ...SMALL, ...settings };
      if (settings.workload !== "key-compromise") expect(totals.sharesCreated).toBe(shares);
      expect(totals.sharesReceived).toBeGreaterThan(shares / 2);
      expect(totals.filesRead).toBeGreaterThan(5);
      expect(totals.messages).toBe(report.messages.reduce((sum, { messages }) => sum + messages, 0));
      expect(totals.messages).toBe(report.servers.reduce((sum, { requestsIn }) => sum + requestsIn, 0));
      expect(latencies.shareDelivery.count).toBeGreaterThan(0);
      expect(latencies.shareDelivery.p50).toBeGreaterThanOrEqual(4);
      expect(latencies.accessAfterRevocation.max ?? 0).toBe(0);
      expect(report.samples.length).toBeLessThanOrEqual(200);
      expect(report.samples.at(-1)).toMatchObject({ backlog: 0 });
    },
    LONG,
  );

  it.each(["loss", "cut", "crash", "clock-skew", "partition"] as const)(
    "under the fault %s ends well once it is healed",
    async (fault) => {
      const report = await run({ fault, topology: fault === "crash" ? "mesh" : "star" });
      expect(broken(report)).toEqual([]);
      expect(report.complete).toBe(true);
      if (fault === "loss" || fault === "partition") expect(report.totals.deliveries.repeated).toBeGreaterThan(0);
    },
    LONG,
  );

  it(
    "tells what it has when it is interrupted",
    async () => {
      let created = 0;
      const report = await run(
        {},
        {
          progress: () => {
            created += 1;
          },
          isInterrupted: () => created >= 30,
        },
      );
      expect(report.complete).toBe(false);
      expect(report.invariants).toEqual([]);
      expect(report.totals.sharesCreated).toBeGreaterThan(5);
      expect(report.totals.sharesCreated).toBeLessThan(60);
    },
    LONG,
  );
});
