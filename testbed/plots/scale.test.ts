import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteScale, countScale, durationLogScale, logScale, numberScale, timeScale } from "./scale.ts";

const values = fc.array(fc.double({ min: 0, max: 1e13, noNaN: true }), { maxLength: 30 });

const SCALES = {
  countScale: (all: number[]) => countScale("shares", all),
  numberScale: (all: number[]) => numberScale("ratio", all),
  byteScale: (all: number[]) => byteScale("size", all),
  timeScale: (all: number[]) => timeScale("time", all),
  durationLogScale: (all: number[]) => durationLogScale("time", all),
  logScale: (all: number[]) => logScale("rate", all),
};

describe.each(Object.entries(SCALES))("%s", (_, scaleOf) => {
  it("has few marks in order, within a range that holds every value", () => {
    fc.assert(
      fc.property(values, (all) => {
        const { min, max, ticks, log } = scaleOf(all);
        expect(max).toBeGreaterThan(min);
        expect(ticks.length).toBeGreaterThanOrEqual(1);
        expect(ticks.length).toBeLessThanOrEqual(14);
        expect(ticks).toEqual([...new Set(ticks)].sort((one, other) => one - other));
        expect(ticks.every((tick) => Number.isFinite(tick) && tick >= min && tick <= max)).toBe(true);
        expect(all.every((value) => value <= max * 1.000_001 && (log || value >= min))).toBe(true);
        if (log) expect(min).toBeGreaterThan(0);
      }),
    );
  });
});

describe("scales", () => {
  it("count in steps of one, two or five", () => {
    expect(countScale("", [18]).ticks).toEqual([0, 5, 10, 15, 20]);
    expect(countScale("", [2]).ticks).toEqual([0, 1, 2]);
    expect(countScale("", []).ticks).toEqual([0, 1]);
  });

  it("tell times in a unit of the clock, with steps of the clock", () => {
    const { name, ticks, label } = timeScale("virtual time", [90 * 60_000]);
    expect(name).toBe("virtual time (min)");
    expect(ticks.map(label)).toEqual(["0", "15", "30", "45", "60", "75", "90"]);
  });

  it("have more marks between powers where there is room", () => {
    expect(logScale("", [10, 500]).ticks).toEqual([10, 20, 50, 100, 200, 500]);
    expect(logScale("", [10, 1e7]).ticks).toEqual([10, 100, 1000, 1e4, 1e5, 1e6, 1e7]);
    expect(logScale("", [1, 4, 2]).ticks).toEqual([1, 2, 4]);
    expect(logScale("", [1, 3, 2]).ticks).toEqual([1, 2, 5]);
    expect(durationLogScale("", [100, 100_000]).ticks).toEqual([100, 1000, 10_000, 60_000, 600_000]);
  });
});
