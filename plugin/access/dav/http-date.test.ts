import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { httpDate, parseHttpDate } from "./http-date.ts";

describe("an HTTP-date", () => {
  it("is what Date writes, at any time that Date knows, and is read again", () => {
    const anyTime = fc.oneof(
      fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 }),
      fc.double({ min: 0, max: 4e12, noNaN: true }),
      // Around the ends of days, years and leap days.
      fc
        .tuple(fc.integer({ min: 1970, max: 9999 }), fc.constantFrom(0, 1, 2, 11), fc.integer({ min: -2, max: 2 }))
        .map(([year, month, day]) => Date.UTC(year, month, day) - 500),
    );
    fc.assert(
      fc.property(anyTime, (time) => {
        expect(httpDate(time)).toBe(new Date(time).toUTCString());
      }),
      { numRuns: 5_000 },
    );
    expect(httpDate(Number.NaN)).toBe("Invalid Date");
    expect(parseHttpDate(httpDate(Date.UTC(2024, 1, 29, 23, 59, 59)))).toBe(Date.UTC(2024, 1, 29, 23, 59, 59));
  });
});
