import type { SeriesOption } from "echarts";
import { type Area, areaFor, axisTitle, xAxis, yAxis } from "./axes.ts";
import { chartText, drawChart, FONT_SIZE, type Size } from "./chart.ts";
import { colour } from "./colours.ts";
import type { Scale } from "./scale.ts";
import { whiskers } from "./whiskers.ts";

/** A point of a line; null where nothing was measured, which leaves a gap. */
export interface Point {
  x: number;
  y: number | null;
  /** Least and greatest of what `y` stands for. */
  low?: number;
  high?: number;
}

/** The forms that tell lines apart besides their colours. */
export type Mark = "circle" | "rect" | "triangle" | "diamond" | "none";

export interface Line {
  colour: string;
  points: readonly Point[];
  /** At each point. */
  mark: Mark;
  dashed?: boolean;
  /** Filled down to zero. */
  filled?: boolean;
}

/** A line across the plot at one x, with a word above it. */
export interface Upright {
  x: number;
  label: string;
}

/** A level to compare with, with a word at its left end. */
export interface Level {
  y: number;
  label: string;
}

export interface LinesPlot {
  x: Scale;
  y: Scale;
  lines: readonly Line[];
  uprights?: readonly Upright[];
  levels?: readonly Level[];
  /** Px for the words at the left, so that plots below each other have the same width; else as many as they need. */
  left?: number;
}

/** Lines over an axis, as the parts of an SVG. */
export function drawLines(id: string, size: Size, plot: LinesPlot): string {
  const needed = areaFor(plot.x, plot.y);
  const area = { ...needed, left: plot.left ?? needed.left };
  return drawChart(id, size, {
    title: axisTitle(plot.y.name),
    grid: area,
    xAxis: xAxis(plot.x, size, area),
    yAxis: yAxis(plot.y),
    series: [...seriesOf(plot), ...marksOf(plot, size, area)],
  });
}

/** The series of a plot, for a grid with this number. */
export function seriesOf({ x, y, lines }: LinesPlot, grid = 0): SeriesOption[] {
  return lines.flatMap((line) => {
    const on = { xAxisIndex: grid, yAxisIndex: grid };
    const data = line.points.map((point) => [bounded(point.x, x), point.y === null ? null : bounded(point.y, y)]);
    const drawn: SeriesOption = {
      ...on,
      type: "line",
      silent: true,
      data,
      symbol: line.mark,
      showSymbol: line.mark !== "none",
      showAllSymbol: true,
      symbolSize: 7,
      connectNulls: false,
      itemStyle: { color: line.colour },
      lineStyle: { color: line.colour, width: 2, type: line.dashed === true ? [6, 4] : "solid" },
      ...(line.filled === true ? { areaStyle: { color: line.colour, opacity: 0.18, origin: "start" as const } } : {}),
    };
    const spread = whiskers(line, y);
    return spread === null ? [drawn] : [{ ...spread, ...on }, drawn];
  });
}

/** A logarithm has no zero, and no drawing goes beyond its axes. */
function bounded(value: number, { min, max }: Scale): number {
  return Math.min(max, Math.max(min, value));
}

function marksOf({ x, uprights = [], levels = [] }: LinesPlot, { width }: Size, area: Area): SeriesOption[] {
  if (uprights.length + levels.length === 0) return [];
  const letters = { color: colour("ink"), fontSize: FONT_SIZE, textBorderWidth: 0 };
  const places = apart(uprights, (width - area.left - area.right) / (x.max - x.min));
  return [
    {
      type: "line",
      silent: true,
      data: [],
      markLine: {
        silent: true,
        symbol: "none",
        data: [
          ...uprights.map(({ x: at, label }, i) => ({
            xAxis: bounded(at, x),
            lineStyle: { color: colour("axis"), width: 1, type: [3, 3] },
            label: {
              ...letters,
              formatter: () => chartText(label),
              position: "end" as const,
              distance: 3,
              offset: [places[i] ?? 0, 0],
            },
          })),
          ...levels.map(({ y: at, label }) => ({
            yAxis: at,
            lineStyle: { color: colour("ink"), width: 1, type: [2, 3] },
            label: { ...letters, formatter: () => chartText(label), position: "insideStartTop" as const, distance: 3 },
          })),
        ],
      },
    },
  ];
}

/** How far each word has to move to the right, in px, so that none covers the one before. */
function apart(uprights: readonly Upright[], scale: number): number[] {
  let free = Number.NEGATIVE_INFINITY;
  return uprights.map(({ x, label }) => {
    const half = (label.length * 7 + 4) / 2;
    const at = Math.max(x * scale, free + half);
    free = at + half;
    return at - x * scale;
  });
}
