import { z } from "zod";
import type { Point } from "./lines.ts";

const point = z
  .strictObject({ x: z.number(), y: z.number().nullable(), low: z.number().optional(), high: z.number().optional() })
  .refine(({ low, high }) => (low === undefined) === (high === undefined), "low and high come together")
  .transform(
    ({ low, high, ...rest }): Point => (low === undefined || high === undefined ? rest : { ...rest, low, high }),
  );

const series = z.strictObject({ name: z.string(), unit: z.string(), points: z.array(point).max(1000) });

const curve = z
  .strictObject({
    title: z.string(),
    x: z.strictObject({ name: z.string(), unit: z.string(), log: z.boolean() }),
    series: z.array(series).min(1).max(8),
    note: z.string(),
  })
  .refine(({ x, series: all }) => !x.log || all.every(({ points }) => points.every((each) => each.x > 0)), {
    error: "a logarithmic axis needs x above zero",
    path: ["x", "log"],
  })
  .refine(({ series: all }) => new Set(all.map(({ unit }) => unit)).size <= 4, {
    error: "at most four units",
    path: ["series"],
  });

/**
 * Some quantities against another one. Units: "ms", "bytes", "1/s" are written for people, "" is a count, and any other one stands as it
 * is. `y` is null where nothing was measured; `low` and `high` are the spread over rounds or seeds.
 */
export type Curve = z.infer<typeof curve>;

/** One line of a curve. */
export type CurveSeries = Curve["series"][number];

/** A text that is no curve file; the message is one line. */
export class BadCurve extends Error {}

/** Reads a curve file. @throws BadCurve */
export function readCurve(text: string): Curve {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadCurve("it is no JSON");
  }
  const read = curve.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new BadCurve(`${issue?.path.join(".") || "the whole"}: ${issue?.message ?? "it is no curve"}`);
}
