import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootstrapMedian } from "./bootstrap.ts";

describe("the interval of a median", () => {
  const numbers = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 12 });

  it("holds the median, lies within the numbers, and is the same each time", () => {
    fc.assert(
      fc.property(numbers, (given) => {
        const { low, median, high } = bootstrapMedian(given, 0.99);
        expect(low).toBeLessThanOrEqual(median);
        expect(high).toBeGreaterThanOrEqual(median);
        expect(low).toBeGreaterThanOrEqual(Math.min(...given));
        expect(high).toBeLessThanOrEqual(Math.max(...given));
        expect(bootstrapMedian(given, 0.99)).toEqual({ low, median, high });
      }),
      { numRuns: 30 },
    );
  });

  it("is narrower where less confidence is asked for, and a point where all numbers are one", () => {
    const given = [0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.3];
    const [sure, less] = [bootstrapMedian(given, 0.99), bootstrapMedian(given, 0.5)];
    expect(less.high - less.low).toBeLessThan(sure.high - sure.low);
    expect(bootstrapMedian([2, 2, 2], 0.99)).toEqual({ low: 2, median: 2, high: 2 });
  });

  it("covers the true median about as often as it says", () => {
    let state = 7;
    const random = () => {
      state = (state * 16807) % 2147483647;
      return state / 2147483647;
    };
    const runs = Array.from({ length: 200 }, () => {
      const { low, high } = bootstrapMedian(Array.from({ length: 9 }, random), 0.95);
      return low <= 0.5 && high >= 0.5;
    });
    expect(runs.filter(Boolean).length / runs.length).toBeGreaterThan(0.85);
  });

  it("is not there for nothing", () => {
    expect(() => bootstrapMedian([], 0.99)).toThrow(RangeError);
  });
});
