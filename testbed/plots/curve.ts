import { areaFor } from "./axes.ts";
import { seriesColour } from "./colours.ts";
import type { Curve, CurveSeries } from "./curve-form.ts";
import { drawSheet, SHEET_MARGIN } from "./curve-sheet.ts";
import { bytes, count, duration } from "./format.ts";
import { drawLines, type Line, type Mark } from "./lines.ts";
import { byteScale, countScale, durationLogScale, logScale, numberScale, type Scale, timeScale } from "./scale.ts";
import type { Key } from "./sign.ts";
import { shortened } from "./text.ts";

const WIDTH = 880;
const PANEL_HEIGHT = 270;

/** Where values lie this far apart, only powers show all of them. */
const FAR_APART = 100;

const MARKS: readonly Mark[] = ["circle", "rect", "triangle", "diamond"];

/**
 * Draws one curve file: an SVG that needs nothing else, legible on light and on dark ground. What is counted in the same unit shares a
 * panel. The same curve gives the same bytes.
 */
export function renderCurve(curve: Curve): string {
  const units = [...new Set(curve.series.map(({ unit }) => unit))];
  const xs = curve.series.flatMap(({ points }) => points.map(({ x }) => x));
  const x = scaleFor(curve.x.name, curve.x.unit, xs, curve.x.log, 8);
  const places = new Map(curve.series.map((series, place) => [series, place]));
  const plots = units.map((unit) => {
    const series = curve.series.filter((each) => each.unit === unit);
    const lines = series.map((each) => lineOf(each, places.get(each) ?? 0));
    const values = series.flatMap(({ points }) =>
      points.flatMap(({ y, low, high }) => [y, low, high].filter(isNumber)),
    );
    const own = series.length === 1 ? (series[0]?.name ?? "") : "";
    const keys = series.map(({ name }, i) => keyOf(name, lines[i]));
    return { keys, plot: { x, y: scaleFor(own, unit, values, farApart(values), 5), lines } };
  });
  const left = Math.max(...plots.map(({ plot }) => areaFor(plot.x, plot.y).left));
  const size = { width: WIDTH - 2 * SHEET_MARGIN, height: PANEL_HEIGHT };
  const panels = plots.map(({ keys, plot }, i) => ({
    size,
    keys: keys.length > 1 ? keys.filter((key) => key !== null) : [],
    parts: drawLines(`c${i}`, size, { ...plot, left }),
  }));
  return drawSheet({ width: WIDTH, title: curve.title, note: curve.note, panels });
}

function lineOf({ points }: CurveSeries, place: number): Line {
  return {
    colour: seriesColour(place),
    mark: MARKS[place % MARKS.length] ?? "circle",
    dashed: place >= MARKS.length,
    points: [...points].sort((one, other) => one.x - other.x),
  };
}

function keyOf(name: string, line: Line | undefined): Key | null {
  if (line === undefined) return null;
  return { name: shortened(name, 60), colour: line.colour, sign: line.mark, dashed: line.dashed ?? false };
}

function farApart(values: readonly number[]): boolean {
  const least = values.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
  const most = values.reduce((one, other) => Math.max(one, other), 0);
  return least > 0 && most / least > FAR_APART;
}

function scaleFor(name: string, unit: string, values: readonly number[], log: boolean, about: number): Scale {
  const known = UNITS[unit];
  const full = [shortened(name, 60), known?.name ?? unit].filter((each) => each !== "").join(name === "" ? "" : ", ");
  if (log && unit === "ms")
    return durationLogScale(`${name === "" ? "time" : shortened(name, 60)} (logarithmic)`, values);
  if (log) return logScale(`${full}${full === "" ? "" : " "}(logarithmic)`, values, known?.label ?? count);
  if (unit === "ms") return timeScale(name === "" ? "time" : shortened(name, 60), values, about);
  if (unit === "bytes") return byteScale(name === "" ? "size" : shortened(name, 60), values, about);
  return unit === "" ? countScale(full, values, about) : numberScale(full, values, about);
}

const UNITS: Record<string, { name: string; label: (value: number) => string }> = {
  ms: { name: "", label: duration },
  bytes: { name: "", label: bytes },
  "1/s": { name: "per second", label: count },
};

function isNumber(value: number | null | undefined): value is number {
  return typeof value === "number";
}
