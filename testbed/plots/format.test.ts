import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytes, count, duration, NOTHING, percent, plural } from "./format.ts";

describe("numbers for people", () => {
  it("are grouped, and have no more digits than count", () => {
    expect([0, 7, 1234, 1234567, 0.5, 8.1649, 12.345, 123.456, 0.0184].map(count)).toEqual([
      "0",
      "7",
      "1,234",
      "1,234,567",
      "0.5",
      "8.16",
      "12.3",
      "123",
      "0.0184",
    ]);
  });

  it("are bytes in the unit that makes them small", () => {
    expect([0, 1023, 1024, 1536, 1_000_000, 5 * 2 ** 30].map(bytes)).toEqual([
      "0 B",
      "1,023 B",
      "1 KiB",
      "1.5 KiB",
      "977 KiB",
      "5 GiB",
    ]);
  });

  it("are times in one or two units", () => {
    expect([0, 0.23, 999, 1500, 59_999, 61_000, 3_599_999, 3_600_000, 8_040_000, 97 * 3_600_000].map(duration)).toEqual(
      ["0 ms", "0.23 ms", "999 ms", "1.5 s", "60 s", "1 min 1 s", "60 min", "1 h", "2 h 14 min", "4 d 1 h"],
    );
  });

  it("are parts of a whole, if there is one", () => {
    expect([percent(1, 3), percent(0, 5), percent(1, 0), percent(null, 3)]).toEqual([
      "33.3 %",
      "0 %",
      NOTHING,
      NOTHING,
    ]);
  });

  it("agree with what they count", () => {
    expect([plural(1, "share"), plural(2, "share"), plural(0, "person", "people")]).toEqual([
      "1 share",
      "2 shares",
      "0 people",
    ]);
  });

  it("never show what is no number", () => {
    for (const print of [count, bytes, duration]) {
      expect([null, undefined, Number.NaN, Number.POSITIVE_INFINITY].map(print)).toEqual(Array(4).fill(NOTHING));
      fc.assert(
        fc.property(
          fc.double({ min: 0, max: 1e15, noNaN: true }),
          (value) => !/NaN|Infinity|undefined|e[+-]/.test(print(value)),
        ),
      );
    }
  });
});
