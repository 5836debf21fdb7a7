import { bytes, count, duration, NOTHING } from "../../testbed/plots/format.ts";
import type { Figure, Point, ScaleCurve } from "./curve.ts";
import { figuresOn, summaryOf } from "./drawings.ts";

const PRINT: Record<Figure["unit"], (value: number) => string> = {
  "1/s": (value) => `${count(value)}/s`,
  ms: duration,
  bytes,
  "": count,
};

/** A curve for people: a table for each of its sheets, a column for each size. */
export function table(curve: ScaleCurve, points: readonly Point[]): string {
  const tables = curve.sheets.map((sheet) => {
    const names = figuresOn(sheet, points).map(({ name }) => name);
    const rows = names.map((name) => [
      name,
      ...points.map(({ figures }) => cell(figures.find((one) => one.name === name))),
    ]);
    return aligned([[curve.x, ...points.map(({ size }) => count(size))], ...rows]);
  });
  return tables.join("\n\n");
}

function cell(figure: Figure | undefined): string {
  if (figure === undefined) return NOTHING;
  const print = PRINT[figure.unit];
  const { y, low, high } = summaryOf(figure);
  return low === undefined || high === undefined ? print(y) : `${print(y)} (${print(low)} to ${print(high)})`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => row.map((text, column) => padded(text, widths[column] ?? 0, column)).join("  ")).join("\n");
}

function padded(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}
