import { describe, expect, it } from "vitest";
import { readCurve } from "../../testbed/plots/curve-form.ts";
import type { Figure, Point, ScaleCurve } from "./curve.ts";
import { drawingsOf } from "./drawings.ts";
import { table } from "./table.ts";

const rate = (...values: number[]): Figure => ({ name: "intake", unit: "1/s", values });
const curve: ScaleCurve = {
  name: "things",
  about: "",
  x: "stored things",
  sizes: [10, 1000],
  sheets: [
    { suffix: "", title: "Rates", shows: ({ unit }) => unit === "1/s" },
    { suffix: "-times", title: "Times", shows: ({ unit }) => unit === "ms" },
  ],
  note: "",
  room: () => 0,
  measure: async () => undefined,
};
const points: Point[] = [
  { size: 10, figures: [rate(30, 10, 20), { name: "start", unit: "ms", values: [7] }] },
  { size: 1000, figures: [rate(4, 6)] },
];

describe("the drawings of a curve", () => {
  it("are curve files with the median, the least and the greatest of the rounds", () => {
    const drawings = drawingsOf(curve, points, "A note.");
    expect([...drawings.keys()]).toEqual(["scale-things", "scale-things-times"]);
    expect(readCurve(JSON.stringify(drawings.get("scale-things")))).toEqual({
      title: "Rates",
      x: { name: "stored things", unit: "", log: true },
      series: [
        {
          name: "intake",
          unit: "1/s",
          points: [
            { x: 10, y: 20, low: 10, high: 30 },
            { x: 1000, y: 5, low: 4, high: 6 },
          ],
        },
      ],
      note: "A note.",
    });
  });

  it("have no spread where there was one round, and a gap where nothing was measured", () => {
    const times = readCurve(JSON.stringify(drawingsOf(curve, points, "").get("scale-things-times")));
    expect(times.series).toEqual([
      {
        name: "start",
        unit: "ms",
        points: [
          { x: 10, y: 7 },
          { x: 1000, y: null },
        ],
      },
    ]);
  });
});

describe("the table of a curve", () => {
  it("has a column for each size, with the spread", () => {
    expect(table(curve, points).split("\n")).toEqual([
      "stored things                   10             1,000",
      "intake         20/s (10/s to 30/s)  5/s (4/s to 6/s)",
      "",
      "stored things    10  1,000",
      "start          7 ms      –",
    ]);
  });
});
