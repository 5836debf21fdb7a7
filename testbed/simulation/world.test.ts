import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TOPOLOGY_NAMES } from "./topologies/table.ts";
import { WORKLOAD_NAMES } from "./workloads/table.ts";
import { planOf } from "./world-plan.ts";

const settings = fc.record({
  servers: fc.integer({ min: 2, max: 30 }),
  more: fc.nat(100),
  shares: fc.integer({ min: 1, max: 120 }),
  topology: fc.constantFrom(...TOPOLOGY_NAMES),
  workload: fc.constantFrom(...WORKLOAD_NAMES),
  seed: fc.string({ maxLength: 4 }),
});

describe("A plan", () => {
  it("has everybody at a server, at least one at each, and so many shares between people of different servers", () => {
    fc.assert(
      fc.property(settings, ({ servers, more, ...others }) => {
        const users = servers + more;
        const { world, plan } = planOf({ servers, users, fault: null, ...others });
        const strangers = world.federation.sites.filter(({ role }) => role === "stranger").length;
        expect(world.people.length).toBe(users + strangers);
        expect(world.peopleOf.map(({ length }) => length).every((count) => count > 0)).toBe(true);
        expect(plan.shares.length).toBe(
          others.workload === "key-compromise" ? Math.max(plan.shares.length, 1) : others.shares,
        );
        expect(new Set(plan.shares.map(({ number }) => number)).size).toBe(plan.shares.length);
        for (const { from, to, at, kind } of plan.shares) {
          expect(from.site).not.toBe(to.site);
          expect(at).toBeGreaterThanOrEqual(0);
          if (kind === undefined) expect(world.federation.neighbours[from.site]).toContain(to.site);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is the same for the same settings", () => {
    fc.assert(
      fc.property(settings, ({ servers, more, ...others }) => {
        const all = { servers, users: servers + more, fault: null, ...others };
        expect(planOf(all).plan).toEqual(planOf(all).plan);
      }),
      { numRuns: 15 },
    );
  });
});
