import { describe, expect, it } from "vitest";
import { drawBars } from "./bars.ts";
import { drawChart, svg } from "./chart.ts";
import { drawLines, type LinesPlot } from "./lines.ts";
import { checkMarkup, HOSTILE } from "./markup.test-helper.ts";
import { drawRanges } from "./ranges.ts";
import { countScale, logScale } from "./scale.ts";

const SIZE = { width: 400, height: 200 };

const PLOT: LinesPlot = {
  x: countScale("time", [10]),
  y: countScale("shares", [100]),
  lines: [
    {
      colour: "#0072b2",
      mark: "circle",
      points: [
        { x: 0, y: 10, low: 5, high: 20 },
        { x: 5, y: null },
        { x: 10, y: 100 },
      ],
    },
  ],
  uprights: [{ x: 3, label: "1" }],
  levels: [{ y: 80, label: "aim" }],
};

describe("a drawing", () => {
  it("has the same bytes each time, whatever was drawn before", () => {
    const first = drawLines("a", SIZE, PLOT);
    drawLines("b", SIZE, PLOT);
    expect(drawLines("a", SIZE, PLOT)).toBe(first);
  });

  it("has nothing for scripts and no style of its own, so that a strict policy loses nothing", () => {
    const drawing = svg(SIZE, "test", drawLines("a", SIZE, PLOT));
    const { attributes, tags } = checkMarkup(drawing);
    expect(tags.has("style")).toBe(false);
    expect(attributes.filter(([name]) => name.startsWith("ecmeta") || name === "class" || name === "style")).toEqual(
      [],
    );
    expect(attributes.filter(([name, value]) => name === "id" && !value.startsWith("a-"))).toEqual([]);
  });

  it("keeps hostile words as words", () => {
    const bars = HOSTILE.map((name) => ({ name, parts: [{ value: 1, colour: "#0072b2" }], label: name }));
    const rows = HOSTILE.map((name) => ({ name, values: [1, 2] }));
    for (const narrow of [false, true]) {
      checkMarkup(svg(SIZE, HOSTILE[0] ?? "", drawBars("a", SIZE, { title: HOSTILE[1] ?? "", bars, narrow })));
      const marks = [{ mark: "circle", colour: "#0072b2" }] as const;
      checkMarkup(
        svg(SIZE, "", drawRanges("a", SIZE, { scale: logScale(HOSTILE[0] ?? "", [1, 2]), marks, rows, narrow })),
      );
    }
  });

  it("changes nothing of the process for a word that is also a name in every object", { timeout: 60_000 }, () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    for (const name of before) {
      const scale = { ...countScale(name, [3]), label: () => name };
      drawLines("a", SIZE, {
        ...PLOT,
        x: scale,
        y: scale,
        levels: [{ y: 1, label: name }],
        uprights: [{ x: 1, label: name }],
      });
      drawBars("a", SIZE, { title: name, bars: [{ name, label: name, parts: [{ value: 1, colour: "#0072b2" }] }] });
      drawRanges("a", SIZE, { scale, marks: [], rows: [{ name, values: [1, 2] }] });
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    for (const name of before) expect(Object.keys(Object(Reflect.get(Object.prototype, name)))).toEqual([]);
  });

  it("draws nothing where there is nothing", () => {
    checkMarkup(
      svg(SIZE, "", drawLines("a", SIZE, { ...PLOT, lines: [{ colour: "#0072b2", mark: "none", points: [] }] })),
    );
    checkMarkup(svg(SIZE, "", drawBars("a", SIZE, { title: "", bars: [] })));
    checkMarkup(
      svg(
        SIZE,
        "",
        drawRanges("a", SIZE, { scale: countScale("", []), marks: [], rows: [{ name: "x", values: [null] }] }),
      ),
    );
    checkMarkup(svg(SIZE, "", drawChart("a", SIZE, {})));
  });

  it("puts values outside of a logarithmic axis at its end", () => {
    const points = [0, 1, 1e9].map((y, x) => ({ x, y }));
    checkMarkup(
      svg(
        SIZE,
        "",
        drawLines("a", SIZE, {
          ...PLOT,
          y: logScale("", [1, 100]),
          lines: [{ colour: "#0072b2", mark: "rect", points }],
        }),
      ),
    );
  });
});
