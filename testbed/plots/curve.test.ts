import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderCurve } from "./curve.ts";
import { BadCurve, type Curve, readCurve } from "./curve-form.ts";
import { checkMarkup, HOSTILE, readMarkup } from "./markup.test-helper.ts";

const CURVE: Curve = {
  title: "Delivery of a share",
  x: { name: "servers", unit: "", log: true },
  series: [
    {
      name: "p50",
      unit: "ms",
      points: [
        { x: 10, y: 150, low: 120, high: 200 },
        { x: 100, y: null },
        { x: 500, y: 260 },
      ],
    },
    {
      name: "p99",
      unit: "ms",
      points: [
        { x: 10, y: 1500 },
        { x: 500, y: 61_000 },
      ],
    },
    {
      name: "requests",
      unit: "1/s",
      points: [
        { x: 10, y: 18 },
        { x: 500, y: 9 },
      ],
    },
  ],
  note: "Seed 7.",
};

describe("a curve", () => {
  it("is drawn with title, names, units and note, in the same bytes each time", () => {
    const drawn = renderCurve(CURVE);
    const { texts } = checkMarkup(drawn);
    const words = texts.map((text) => text.trim());
    for (const word of [
      "Delivery of a share",
      "p50",
      "p99",
      "time (logarithmic)",
      "requests, per second",
      "servers (logarithmic)",
      "Seed 7.",
    ]) {
      expect(words).toContain(word);
    }
    expect(renderCurve(readCurve(JSON.stringify(CURVE)))).toBe(drawn);
  });

  it("has a ground of its own, for light and for dark", () => {
    const drawn = renderCurve(CURVE);
    const { attributes } = readMarkup(drawn);
    expect(attributes).toContainEqual(["fill", "#ffffff"]);
    expect(drawn).toMatch(/@media \(prefers-color-scheme:dark\)\{.*\[fill="#ffffff"\]\{fill:#14181d\}/);
  });

  it("is well-formed whatever is in it", { timeout: 60_000 }, () => {
    const number = fc.double({ min: 0.001, max: 1e9, noNaN: true });
    const text = fc.constantFrom(...HOSTILE);
    const point = fc.record({ x: number, y: fc.option(number) });
    const series = fc.record({
      name: text,
      unit: fc.constantFrom("", "ms", "bytes", "1/s", "<b>"),
      points: fc.array(point, { maxLength: 5 }),
    });
    const curve = fc.record({
      title: text,
      x: fc.record({ name: text, unit: fc.constantFrom("", "ms", "bytes"), log: fc.boolean() }),
      series: fc.array(series, { minLength: 1, maxLength: 4 }),
      note: text,
    });
    fc.assert(
      fc.property(curve, (each) => void checkMarkup(renderCurve(readCurve(JSON.stringify(each))))),
      { numRuns: 25 },
    );
  });

  it.each([
    ["{", "it is no JSON"],
    ["[]", "the whole: "],
    [JSON.stringify({ ...CURVE, series: [] }), "series: "],
    [JSON.stringify({ ...CURVE, series: [{ name: "a", unit: "", points: [{ x: 0, y: 1 }] }] }), "x.log: "],
    [
      JSON.stringify({ ...CURVE, series: [{ name: "a", unit: "", points: [{ x: 1, y: 1, low: 1 }] }] }),
      "series.0.points.0: ",
    ],
    [JSON.stringify({ ...CURVE, more: 1 }), "the whole: "],
  ])("that is none is refused with one line: %s", (text, message) => {
    expect(() => readCurve(text)).toThrow(BadCurve);
    expect(() => readCurve(text)).toThrow(message);
    expect(() => readCurve(text)).not.toThrow("\n");
  });
});
