import { describe, expect, it } from "vitest";
import { median, rounded, spread } from "./statistics.ts";

describe("the statistics of the bench", () => {
  it.each([
    [[3], 3],
    [[9, 1, 2], 2],
    [[4, 1, 2, 9], 3],
    [[1, 1, 1, 5, 6], 1],
  ])("have for %j the median %d", (numbers, expected) => {
    expect(median(numbers)).toBe(expected);
  });

  it("have no median of nothing", () => {
    expect(() => median([])).toThrow(RangeError);
  });

  it("have the least and the greatest as spread", () => {
    expect(spread([5, 2, 9, 3])).toEqual([2, 9]);
  });

  it("round to significant digits", () => {
    expect([rounded(12345.6), rounded(0.0123456), rounded(0.8768, 3)]).toEqual([12350, 0.01235, 0.877]);
  });
});
