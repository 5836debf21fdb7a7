import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRanges } from "./byte-range.ts";

describe("a Range header", () => {
  it("is read with spaces around its ranges, and with digits without end", () => {
    expect(parseRanges(" Bytes= 1-3 , \t6-", 10)).toEqual([
      { start: 1, end: 3 },
      { start: 6, end: 9 },
    ]);
    expect(parseRanges(`bytes=${"0".repeat(40)}1-${"9".repeat(40)}`, 10)).toEqual([{ start: 1, end: 9 }]);
    expect(parseRanges("bytes=-4", 10)).toEqual([{ start: 6, end: 9 }]);
    expect(parseRanges("bytes=-40", 10)).toEqual([{ start: 0, end: 9 }]);
  });

  it("leaves out the ranges that lie outside, unless all do", () => {
    expect(parseRanges("bytes=0-1,10-12", 10)).toEqual([{ start: 0, end: 1 }]);
    expect(parseRanges("bytes=10-12,20-", 10)).toBe("outside");
    expect(parseRanges("bytes=-0", 10)).toBe("outside");
    expect(parseRanges("bytes=0-", 0)).toBe("outside");
  });

  it("combines what overlaps or touches, in the order of the request", () => {
    expect(parseRanges("bytes=6-8,0-2,2-4,8-9", 20)).toEqual([
      { start: 6, end: 9 },
      { start: 0, end: 4 },
    ]);
    expect(parseRanges("bytes=5-9,0-4", 20)).toEqual([{ start: 0, end: 9 }]);
  });

  it.each(["bytes=3-1", "bytes=0-1,3-1", "bytes=a-b", "items=0-1", "bytes=-", "bytes=", "bytes=,", "bytes 0-1", "0-1"])(
    "is ignored where it is %s",
    (value) => {
      expect(parseRanges(value, 10)).toBeUndefined();
    },
  );

  it("is ignored where it counts more than a hundred ranges", () => {
    const ranges = (count: number) => `bytes=${Array.from({ length: count }, (_, n) => `${n * 3}-${n * 3}`).join(",")}`;
    expect(parseRanges(ranges(100), 1e6)).toHaveLength(100);
    expect(parseRanges(ranges(101), 1e6)).toBeUndefined();
    expect(parseRanges(ranges(1_000), 1e6)).toBeUndefined();
  });

  it("takes no long time, whatever is in it", () => {
    const begun = performance.now();
    for (let n = 0; n < 50; n += 1) {
      expect(parseRanges(`bytes=${" ".repeat(15 * 1024)}x`, 10)).toBeUndefined();
      expect(parseRanges(`bytes=${" ".repeat(4000)}x`, 10)).toBeUndefined();
      expect(parseRanges(`bytes=${",".repeat(4000)}x`, 10)).toBeUndefined();
    }
    expect(performance.now() - begun).toBeLessThan(300);
  });

  it("never asks for a byte that is not there, nor for one twice", () => {
    const part = fc.oneof(
      fc.tuple(fc.nat(40), fc.nat(40)).map(([first, last]) => `${first}-${last}`),
      fc.nat(40).map((last) => `-${last}`),
      fc.nat(40).map((first) => `${first}-`),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 20 }), fc.nat(30), (parts, size) => {
        const ranges = parseRanges(`bytes=${parts.join(",")}`, size);
        if (!Array.isArray(ranges)) return;
        const sent = new Set<number>();
        let count = 0;
        for (const { start, end } of ranges) {
          for (let at = start; at <= end; at += 1) {
            sent.add(at);
            count += 1;
          }
        }
        expect(count).toBeGreaterThan(0);
        expect(sent.size).toBe(count);
        expect([...sent].every((at) => at >= 0 && at < size)).toBe(true);
      }),
    );
  });
});
