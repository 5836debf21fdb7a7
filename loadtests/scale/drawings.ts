import type { Curve, CurveSeries } from "../../testbed/plots/curve-form.ts";
import { median, rounded, spread } from "../bench/statistics.ts";
import type { Figure, Point, ScaleCurve, Sheet } from "./curve.ts";

/** The middle of the rounds, with the least and the greatest where there are several. */
export interface Summary {
  y: number;
  low?: number;
  high?: number;
}

/** @throws RangeError for no rounds */
export function summaryOf({ values }: Figure): Summary {
  const y = rounded(median(values));
  if (values.length < 2) return { y };
  const [low, high] = spread(values).map((value) => rounded(value)) as [number, number];
  return { y, low, high };
}

/** What was measured as the curve files of its sheets, by their names without an ending. */
export function drawingsOf(curve: ScaleCurve, points: readonly Point[], note: string): Map<string, Curve> {
  return new Map(curve.sheets.map((sheet) => [fileName(curve, sheet), drawing(curve, sheet, points, note)]));
}

/** The name of a curve file, without an ending. */
export function fileName({ name }: ScaleCurve, { suffix }: Sheet): string {
  return `scale-${name}${suffix}`;
}

/** The figures of a sheet, in their order. */
export function figuresOn(sheet: Sheet, points: readonly Point[]): Figure[] {
  return points[0]?.figures.filter((figure) => sheet.shows(figure)) ?? [];
}

function drawing(curve: ScaleCurve, sheet: Sheet, points: readonly Point[], note: string): Curve {
  return {
    title: sheet.title,
    x: { name: curve.x, unit: "", log: true },
    series: figuresOn(sheet, points).map((figure) => seriesOf(figure, points)),
    note,
  };
}

function seriesOf({ name, unit }: Figure, points: readonly Point[]): CurveSeries {
  const at = ({ size, figures }: Point) => {
    const figure = figures.find((one) => one.name === name);
    return figure === undefined ? { x: size, y: null } : { x: size, ...summaryOf(figure) };
  };
  return { name, unit, points: points.map(at) };
}
