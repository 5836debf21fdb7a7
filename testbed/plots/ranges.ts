import type { SeriesOption } from "echarts";
import { xAxis } from "./axes.ts";
import { drawChart, type Size, textWidth } from "./chart.ts";
import { colour } from "./colours.ts";
import type { Mark } from "./lines.ts";
import { rowAxis, rowNames } from "./row-names.ts";
import type { Scale } from "./scale.ts";
import { shortened } from "./text.ts";

/** Some marks on one row, joined by a line; those that are null are left out. */
export interface Range {
  name: string;
  values: readonly (number | null)[];
  /** From where to where the line reaches; else over all values. */
  joined?: readonly [number, number];
}

export interface RangesPlot {
  scale: Scale;
  /** One for each place in `values`. */
  marks: readonly { mark: Mark; colour: string }[];
  rows: readonly Range[];
  narrow?: boolean;
}

const ROW = 34;
const NARROW_ROW = 46;
const TOP = 8;
const BOTTOM = 46;

/** How high the drawing has to be. */
export function rangesHeight({ rows, narrow = false }: RangesPlot): number {
  return rows.length * (narrow ? NARROW_ROW : ROW) + BOTTOM + TOP;
}

/** Rows of marks on one axis, as the parts of an SVG. */
export function drawRanges(id: string, size: Size, plot: RangesPlot): string {
  const { scale, rows, narrow = false } = plot;
  const names = rows.map(({ name }) => shortened(name, 34));
  const left = narrow ? 14 : Math.ceil(Math.max(0, ...names.map((name) => textWidth(name)))) + 16;
  const right = Math.ceil(textWidth(scale.label(scale.ticks.at(-1) ?? 0)) / 2) + 4;
  const area = { left, right, top: TOP, bottom: BOTTOM };
  const below = xAxis(scale, size, area);
  const drawn = drawChart(id, size, {
    grid: area,
    xAxis: { ...below, splitLine: { ...below.splitLine, show: true } },
    yAxis: rowAxis(rows.length),
    series: [...rows.map((row, i) => line(row, i, scale)), ...marksOf(plot)],
  });
  const named = rowNames(names, {
    top: TOP,
    height: narrow ? NARROW_ROW : ROW,
    left: narrow ? left + 6 : left,
    narrow,
  });
  return drawn + named;
}

function line({ values, joined }: Range, row: number, scale: Scale): SeriesOption {
  const known = (joined ?? values).filter((value) => value !== null).map((value) => inside(value, scale));
  return {
    type: "line",
    silent: true,
    symbol: "none",
    lineStyle: { color: colour("axis"), width: 2 },
    data: known.length < 2 ? [] : [Math.min(...known), Math.max(...known)].map((value) => [value, row]),
  };
}

function marksOf({ marks, rows, scale }: RangesPlot): SeriesOption[] {
  return marks.map(({ mark, colour: color }, place) => ({
    type: "scatter",
    // Where two marks are at one place, the earlier one lies on the other.
    z: 5 + marks.length - place,
    silent: true,
    symbol: mark,
    symbolSize: 11,
    itemStyle: { color, opacity: 1, borderColor: colour("paper"), borderWidth: 1 },
    data: rows.flatMap(({ values }, row) => {
      const value = values[place] ?? null;
      return value === null ? [] : [[inside(value, scale), row]];
    }),
  }));
}

function inside(value: number, { min, max }: Scale): number {
  return Math.min(max, Math.max(min, value));
}
