import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { milliseconds } from "./duration.ts";
import { constantArrivals, rampingArrivals, type Stage, vuSteps } from "./executors/shapes.ts";
import { createRegistry } from "./metrics/registry.ts";
import { createSink, percentile } from "./metrics/sinks.ts";

describe("durations", () => {
  it.each([
    ["1m30s", 90_000],
    ["500ms", 500],
    ["1.5h", 5_400_000],
    ["2d", 172_800_000],
    ["250", 250],
    [75, 75],
  ])("%s is %d ms", (duration, ms) => expect(milliseconds(duration)).toBe(ms));
  it.each(["", "fast", "1s later", "s"])("“%s” is none", (duration) =>
    expect(() => milliseconds(duration)).toThrow(/is no duration/),
  );
});

describe("percentiles", () => {
  it("are interpolated between neighbours", () => {
    expect(percentile([1, 2, 3, 4], 50)).toBe(2.5);
    expect(percentile([10, 20], 95)).toBeCloseTo(19.5);
    expect(percentile([7], 99)).toBe(7);
    expect(percentile([], 95)).toBe(0);
  });

  it("lie between the smallest and the largest value, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
        const sink = createSink("trend");
        for (const value of values) sink.add(value);
        const figures = ["min", "p(10)", "med", "p(90)", "p(95)", "max"].map(
          (name) => sink.figure(name, 1) ?? Number.NaN,
        );
        expect(figures[0]).toBe(Math.min(...values));
        expect(figures.at(-1)).toBe(Math.max(...values));
        for (let at = 1; at < figures.length; at += 1) {
          expect(figures[at]).toBeGreaterThanOrEqual((figures[at - 1] ?? 0) - 1e-6);
        }
      }),
    );
  });

  it("are right although values come after a look", () => {
    const sink = createSink("trend");
    for (const value of [5, 1]) sink.add(value);
    expect(sink.figure("med", 1)).toBe(3);
    sink.add(0);
    expect(sink.figures(["min", "med", "max", "avg"], 1)).toEqual({ min: 0, med: 1, max: 5, avg: 2 });
  });
});

describe("thresholds", () => {
  const evaluated = (expression: string, values: number[], type: "trend" | "rate" | "counter" = "trend") => {
    const registry = createRegistry();
    const metric = registry.metric("own", type);
    registry.setThresholds({ own: [expression] });
    for (const value of values) registry.add(metric, value, {});
    registry.evaluate(2000, true);
    return registry.all().find(({ name }) => name === "own")?.thresholds[0]?.ok;
  };
  it.each([
    ["p(95)<10", [1, 2, 3], "trend", true],
    ["p(95) < 2", [1, 2, 3], "trend", false],
    ["avg<=2", [1, 2, 3], "trend", true],
    ["max!=3", [1, 2, 3], "trend", false],
    ["rate>0.6", [1, 0, 1], "rate", true],
    ["rate===1", [1, 0, 1], "rate", false],
    ["count==6", [1, 2, 3], "counter", true],
    ["rate>2.9", [1, 2, 3], "counter", true],
    ["count>0", [], "counter", false],
  ] as const)("%s of %j as %s: %s", (expression, values, type, ok) =>
    expect(evaluated(expression, [...values], type)).toBe(ok),
  );

  it.each(["p(101)<1", "p(1.2.3)<1", "count>1", "value>1"])("%s is none of a trend", (expression) =>
    expect(() => evaluated(expression, [])).toThrow(/threshold/),
  );

  it("look at the values with all of their tags only", () => {
    const registry = createRegistry();
    const metric = registry.metric("own", "counter");
    registry.setThresholds({ "own{a:1,b:x y}": ["count==1"], "own{ a : 2 }": ["count==0"] });
    registry.add(metric, 1, { a: "1", b: "x y", c: "z" });
    registry.add(metric, 1, { a: "1" });
    registry.add(metric, 1, { b: "x y" });
    registry.evaluate(1, true);
    expect(registry.all().flatMap(({ thresholds }) => thresholds.map(({ ok }) => ok))).toEqual([true, true]);
  });

  it("end a run only after their delay, and never for want of values", () => {
    const registry = createRegistry();
    const metric = registry.metric("own", "rate");
    registry.setThresholds({ own: [{ threshold: "rate>0.5", abortOnFail: true, delayAbortEval: "5s" }] });
    expect(registry.evaluate(6000, false)).toBeUndefined();
    registry.add(metric, 0, {});
    expect(registry.evaluate(4000, false)).toBeUndefined();
    expect(registry.evaluate(6000, false)).toMatch(/rate>0.5 of own/);
  });
});

const stages = fc.array(
  fc.record({ duration: fc.integer({ min: 1, max: 60 }).map((s) => `${s}s`), target: fc.integer({ min: 0, max: 50 }) }),
  { minLength: 1, maxLength: 6 },
);
const areaOf = (start: number, all: Stage[]): number =>
  all.reduce(
    ({ from, area }, { duration, target }) => ({
      from: target,
      area: area + ((from + target) / 2) * (milliseconds(duration) / 1000),
    }),
    { from: start, area: 0 },
  ).area;

describe("shapes of load", () => {
  it("ramping-arrival-rate starts as many iterations as the area below its line, in order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), stages, (start, all) => {
        const times = [...rampingArrivals(start, "1s", all)];
        expect(Math.abs(times.length - areaOf(start, all))).toBeLessThan(1.001);
        for (let at = 1; at < times.length; at += 1) {
          expect(times[at]).toBeGreaterThanOrEqual((times[at - 1] ?? 0) - 1e-6);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("a rate that stays gives the same as a constant one, begun one iteration later", () => {
    const ramping = [...rampingArrivals(10, "1s", [{ duration: "3s", target: 10 }])];
    const constant = [...constantArrivals(10, "1s", "3s")];
    expect(constant).toHaveLength(30);
    expect(ramping.map((time) => Math.round(time - 100))).toEqual(constant.map(Math.round));
  });

  it("ramping-vus changes one at a time, and reaches each target when its stage ends", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), stages, (start, all) => {
        const steps = vuSteps(start, all);
        let end = 0;
        for (const { duration, target } of all) {
          end += milliseconds(duration);
          expect(steps.findLast(({ at }) => at <= end + 1e-6)?.vus).toBe(target);
        }
        for (let at = 1; at < steps.length; at += 1) {
          expect(Math.abs((steps[at]?.vus ?? 0) - (steps[at - 1]?.vus ?? 0))).toBe(1);
        }
      }),
    );
  });
});
