import { milliseconds } from "../duration.ts";
import type { MetricType, Sink } from "./sinks.ts";

/** A threshold as options have it. */
export type ThresholdOption = string | { threshold: string; abortOnFail?: boolean; delayAbortEval?: string };

/** A condition on a metric. */
export interface Threshold {
  /** As it was written. */
  source: string;
  abortOnFail: boolean;
  /** Milliseconds after the start before which it ends nothing. */
  delayMs: number;
  /** Whether it held when it was looked at last. */
  ok: boolean;
  holds(sink: Sink, elapsedMs: number): boolean;
}

const EXPRESSION = /^\s*([a-z]+(?:\(\s*[\d.]+\s*\))?)\s*(<=|>=|===|==|!=|<|>)\s*(-?\d+(?:\.\d+)?)\s*$/;
const FIGURES: Record<MetricType, RegExp> = {
  counter: /^(count|rate)$/,
  gauge: /^value$/,
  rate: /^rate$/,
  trend: /^(avg|min|max|med|p\([\d.]+\))$/,
};
const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "===": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

/** @throws Error when the expression cannot be read, or does not fit the kind of metric */
export function parseThreshold(option: ThresholdOption, metric: string, type: MetricType): Threshold {
  const {
    threshold,
    abortOnFail = false,
    delayAbortEval = "0s",
  } = typeof option === "string" ? { threshold: option } : option;
  const [, written = "", operator = "", limit = ""] = EXPRESSION.exec(threshold) ?? [];
  const figure = written.replaceAll(/\s/g, "");
  const compare = COMPARE[operator];
  if (compare === undefined) throw new Error(`The threshold “${threshold}” of ${metric} cannot be read.`);
  if (!FIGURES[type].test(figure)) {
    throw new Error(`The threshold “${threshold}” does not fit ${metric}, which is a ${type}.`);
  }
  const percent = Number(/^p\((.*)\)$/.exec(figure)?.[1] ?? 0);
  if (!(percent >= 0 && percent <= 100)) {
    throw new Error(`The threshold “${threshold}” of ${metric} has a percentile that is not between 0 and 100.`);
  }
  return {
    source: threshold,
    abortOnFail,
    delayMs: milliseconds(delayAbortEval),
    ok: true,
    holds: (sink, elapsedMs) => compare(sink.figure(figure, elapsedMs) ?? 0, Number(limit)),
  };
}
