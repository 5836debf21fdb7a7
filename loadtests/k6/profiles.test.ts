import { describe, expect, it } from "vitest";
import { constantArrivals, lengthOf, rampingArrivals } from "../adapter/executors/shapes.ts";
import { SIGNED_LOADS } from "./shared/loads.ts";
import {
  heightOf,
  iterationsOf,
  type Load,
  PROFILES,
  scenarioOf,
  secondsOf,
  signsBefore,
  times,
} from "./shared/profiles.ts";

/** Seconds for which a signature is good, less those that the preparation may take. */
const FRESH_SECONDS = 300 - 100;

const LOADS: Load[] = [...Object.values(SIGNED_LOADS), { kind: "rate", perSecond: 7, smokePerSecond: 3 }];

describe.each(PROFILES)("the profile %s", (profile) => {
  it.each(LOADS.flatMap((load) => [1, 7, 60].map((shorten) => ({ load, shorten }))))(
    "prepares as many requests as iterations start: $load.perSecond a second, time by $shorten",
    ({ load, shorten }) => {
      const scenario = scenarioOf(profile, load, shorten);
      const started =
        scenario.executor === "constant-arrival-rate"
          ? [...constantArrivals(scenario.rate, scenario.timeUnit, scenario.duration)].length
          : scenario.executor === "ramping-arrival-rate"
            ? [...rampingArrivals(scenario.startRate, scenario.timeUnit, scenario.stages)].length
            : Number.NaN;
      expect(started).toBeLessThanOrEqual(iterationsOf(profile, load, shorten));
      expect(started).toBeGreaterThanOrEqual(iterationsOf(profile, load, shorten) - 1);
    },
  );

  it("takes as long as it says", () => {
    for (const load of [...LOADS, { kind: "people", count: 5, smokeCount: 1 } as const]) {
      const scenario = scenarioOf(profile, load);
      const length = "stages" in scenario ? lengthOf(scenario.stages) / 1000 : Number.parseInt(scenario.duration, 10);
      expect(length).toBe(secondsOf(profile));
    }
  });

  it("signs before the run only what is still fresh at its end", () => {
    expect(signsBefore(profile)).toBe(secondsOf(profile) <= FRESH_SECONDS);
  });

  it("ends with nobody, unless it is short", () => {
    const scenario = scenarioOf(profile, { kind: "people", count: 10, smokeCount: 2 });
    if (scenario.executor !== "ramping-vus") return;
    expect(scenario.startVUs).toBe(0);
    if (profile !== "spike") expect(scenario.stages.at(-1)?.target).toBe(0);
  });
});

describe("the shapes", () => {
  const targets = (profile: (typeof PROFILES)[number]) => {
    const scenario = scenarioOf(profile, { kind: "rate", perSecond: 100, smokePerSecond: 10 });
    return "stages" in scenario ? scenario.stages.map(({ target }) => target) : [];
  };
  it("load stays, stress doubles twice, spike jumps and comes back, soak is half and long", () => {
    expect(targets("load")).toEqual([100, 100, 0]);
    expect(targets("stress")).toEqual([100, 100, 200, 200, 400, 400, 0]);
    expect(targets("spike")).toEqual([50, 50, 500, 500, 50, 50]);
    expect(targets("soak")).toEqual([50, 50, 0]);
    expect(secondsOf("soak")).toBe(3600);
  });

  it("go beyond what a script is made for in stress and spike only", () =>
    expect(PROFILES.map(heightOf)).toEqual([1, 1, 4, 5, 1]));

  it("keep their height where they are shortened", () => {
    const scenario = scenarioOf("spike", { kind: "people", count: 10, smokeCount: 1 }, 10);
    expect("stages" in scenario && scenario.stages).toEqual([
      { duration: "0.5s", target: 5 },
      { duration: "1.5s", target: 5 },
      { duration: "0.2s", target: 50 },
      { duration: "1.5s", target: 50 },
      { duration: "0.2s", target: 5 },
      { duration: "2s", target: 5 },
    ]);
    expect(secondsOf("soak", 60)).toBe(60);
    expect(secondsOf("smoke", 60)).toBe(secondsOf("smoke"));
  });

  it("can be had so many times", () => {
    expect(times({ kind: "rate", perSecond: 100, smokePerSecond: 10 }, 2.5)).toEqual({
      kind: "rate",
      perSecond: 250,
      smokePerSecond: 25,
    });
    expect(times({ kind: "people", count: 3, smokeCount: 1 }, 0.1)).toEqual({
      kind: "people",
      count: 1,
      smokeCount: 1,
    });
  });
});
