import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dice } from "../random.ts";
import type { Federation } from "./federation.ts";
import { TOPOLOGIES, TOPOLOGY_NAMES } from "./table.ts";

/** How many servers are reached from the first one. */
function reached({ neighbours }: Federation): number {
  const seen = new Set([0]);
  for (const index of seen) for (const next of neighbours[index] ?? []) seen.add(next);
  return seen.size;
}

describe.each(TOPOLOGY_NAMES)("The topology %s", (name) => {
  const build = (servers: number, seed: number) => TOPOLOGIES[name].build(servers, dice(String(seed), name));

  it("has as many servers as were asked for, all joined, each with a host of its own", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 120 }), fc.nat(), (servers, seed) => {
        const { sites, neighbours } = build(servers, seed);
        expect([sites.length, neighbours.length]).toEqual([servers, servers]);
        expect(new Set(sites.map(({ host }) => host)).size).toBe(servers);
        expect(reached({ sites, neighbours, introduction: "none" })).toBe(servers);
        for (const { weight, host } of sites) {
          expect(weight).toBeGreaterThan(0);
          expect(URL.parse(`https://${host}`)?.host).toBe(host);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("has links in both directions, each once, and none to itself", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), (servers, seed) => {
        const { neighbours } = build(servers, seed);
        for (const [one, others] of neighbours.entries()) {
          expect(new Set(others).size).toBe(others.length);
          expect(others).not.toContain(one);
          expect(others.filter((other) => neighbours[other]?.includes(one) !== true)).toEqual([]);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("follows from the seed", () => {
    expect(build(50, 7)).toEqual(build(50, 7));
  });
});

describe("The topology scale-free", () => {
  it("has two links for each server but the first two, and hubs with very many", () => {
    for (const seed of ["1", "2", "3"]) {
      const { neighbours } = TOPOLOGIES["scale-free"].build(500, dice(seed, "scale-free"));
      const degrees = neighbours.map(({ length }) => length);
      expect(degrees.reduce((sum, degree) => sum + degree, 0)).toBe(2 * (2 * 498 + 1));
      expect(Math.max(...degrees)).toBeGreaterThan(25);
      expect(degrees.filter((degree) => degree <= 3).length).toBeGreaterThan(250);
    }
  });
});

describe("Topologies with a common list", () => {
  it.each(["directory", "national"] as const)("%s: everybody who shares knows the other by it", (name) => {
    const { sites, neighbours, introduction } = TOPOLOGIES[name].build(60, dice("7", name));
    expect(introduction).toBe("list");
    for (const [one, others] of neighbours.entries()) {
      for (const other of others) {
        const host = sites[other]?.host ?? "";
        expect(sites[one]?.knows.some((pattern) => host.endsWith(pattern.slice(1)))).toBe(true);
      }
    }
  });
});
