/** The kinds of metric that k6 has. */
export type MetricType = "counter" | "gauge" | "rate" | "trend";

/** What a metric's values mean: milliseconds, bytes, or anything. */
export type Contents = "default" | "time" | "data";

/** What is kept of all values of a metric. */
export interface Sink {
  add(value: number): void;
  /** Nothing has been added. */
  isEmpty(): boolean;
  /** A figure by its name in thresholds and summaries, such as `p(95)`, `rate` or `count`; undefined: there is none such. */
  figure(name: string, elapsedMs: number): number | undefined;
  /** The figures of the summary. */
  figures(trendStats: readonly string[], elapsedMs: number): Record<string, number>;
}

export function createSink(type: MetricType): Sink {
  return { counter, gauge, rate, trend }[type]();
}

function counter(): Sink {
  let count = 0;
  let isEmpty = true;
  const all = (elapsedMs: number): Record<string, number> => ({
    count,
    rate: elapsedMs > 0 ? count / (elapsedMs / 1000) : 0,
  });
  return {
    add(value) {
      count += value;
      isEmpty = false;
    },
    isEmpty: () => isEmpty,
    figure: (name, elapsedMs) => all(elapsedMs)[name],
    figures: (_stats, elapsedMs) => all(elapsedMs),
  };
}

function gauge(): Sink {
  let values: Record<string, number> | undefined;
  return {
    add(value) {
      values = { value, min: Math.min(value, values?.min ?? value), max: Math.max(value, values?.max ?? value) };
    },
    isEmpty: () => values === undefined,
    figure: (name) => (values ?? { value: 0, min: 0, max: 0 })[name],
    figures: () => values ?? { value: 0, min: 0, max: 0 },
  };
}

function rate(): Sink {
  let passes = 0;
  let total = 0;
  const share = () => (total === 0 ? 0 : passes / total);
  return {
    add(value) {
      total += 1;
      if (value !== 0) passes += 1;
    },
    isEmpty: () => total === 0,
    figure: (name) => (name === "rate" ? share() : undefined),
    figures: () => ({ rate: share(), passes, fails: total - passes }),
  };
}

function trend(): Sink {
  const values: number[] = [];
  let isSorted = true;
  let sum = 0;
  const sorted = (): number[] => {
    if (!isSorted) values.sort((a, b) => a - b);
    isSorted = true;
    return values;
  };
  const figure = (name: string): number | undefined => {
    if (name === "count") return values.length;
    if (name === "avg") return values.length === 0 ? 0 : sum / values.length;
    if (name === "min") return sorted()[0] ?? 0;
    if (name === "max") return sorted().at(-1) ?? 0;
    if (name === "med") return percentile(sorted(), 50);
    const wanted = /^p\((\d+(?:\.\d+)?)\)$/.exec(name)?.[1];
    return wanted === undefined ? undefined : percentile(sorted(), Number(wanted));
  };
  return {
    add(value) {
      isSorted = values.length === 0 || (isSorted && value >= (values.at(-1) ?? 0));
      values.push(value);
      sum += value;
    },
    isEmpty: () => values.length === 0,
    figure,
    figures: (stats) => Object.fromEntries(stats.map((name) => [name, figure(name) ?? 0])),
  };
}

/** The value below which so many of a hundred lie, interpolated between its neighbours. @param sorted ascending */
export function percentile(sorted: readonly number[], percent: number): number {
  const at = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}
