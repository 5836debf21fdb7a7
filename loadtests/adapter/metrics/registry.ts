import { type Contents, createSink, type MetricType, type Sink } from "./sinks.ts";
import { parseThreshold, type Threshold, type ThresholdOption } from "./thresholds.ts";

export type Tags = Record<string, string>;

/** All values of one name, or of those of its values that have certain tags. */
export interface Metric {
  name: string;
  type: MetricType;
  contains: Contents;
  sink: Sink;
  thresholds: Threshold[];
}

interface SubMetric extends Metric {
  tags: Tags;
}

interface Registered extends Metric {
  parts: SubMetric[];
}

/** What a run measures. */
export interface Registry {
  /** The metric of this name, which is made where there is none. @throws Error where it is of another kind */
  metric(name: string, type: MetricType, contains?: Contents): Metric;
  add(metric: Metric, value: number, tags: Tags): void;
  /**
   * Sets the thresholds of the options, whose names may select by tags: `http_req_duration{endpoint:token}`.
   * @throws Error when there is no such metric, or one cannot be read
   */
  setThresholds(thresholds: Record<string, ThresholdOption[]>): void;
  /**
   * Looks at every threshold.
   * @param isOver whether values may still come: until then, metrics without any are left alone
   * @returns a sentence on the first that failed and ends the run
   */
  evaluate(elapsedMs: number, isOver: boolean): string | undefined;
  /** Those with a value or a threshold, by name. */
  all(): Metric[];
  /** Those that are there so far. */
  known(): Metric[];
}

const BUILT_IN: readonly [string, MetricType, Contents][] = [
  ["vus", "gauge", "default"],
  ["vus_max", "gauge", "default"],
  ["iterations", "counter", "default"],
  ["iteration_duration", "trend", "time"],
  ["dropped_iterations", "counter", "default"],
  ["checks", "rate", "default"],
  ["group_duration", "trend", "time"],
  ["http_reqs", "counter", "default"],
  ["http_req_failed", "rate", "default"],
  ["http_req_duration", "trend", "time"],
  ["http_req_blocked", "trend", "time"],
  ["http_req_connecting", "trend", "time"],
  ["http_req_tls_handshaking", "trend", "time"],
  ["http_req_sending", "trend", "time"],
  ["http_req_waiting", "trend", "time"],
  ["http_req_receiving", "trend", "time"],
  ["data_sent", "counter", "data"],
  ["data_received", "counter", "data"],
];

export function createRegistry(): Registry {
  const metrics = new Map<string, Registered>();
  const create = (name: string, type: MetricType, contains: Contents): Registered => {
    const made = { name, type, contains, sink: createSink(type), thresholds: [], parts: [] };
    metrics.set(name, made);
    return made;
  };
  for (const [name, type, contains] of BUILT_IN) create(name, type, contains);
  const every = (): Metric[] => [...metrics.values()].flatMap((metric) => [metric, ...metric.parts]);

  return {
    known: () => [...metrics.values()],
    metric(name, type, contains = "default") {
      const known = metrics.get(name);
      if (known === undefined) return create(name, type, contains);
      if (known.type !== type || known.contains !== contains) {
        throw new Error(`There is a metric ${name} already, of another kind.`);
      }
      return known;
    },
    add(metric, value, tags) {
      metric.sink.add(value);
      for (const part of metrics.get(metric.name)?.parts ?? []) {
        // Scripts may give numbers and booleans as tags.
        if (Object.entries(part.tags).every(([key, wanted]) => key in tags && String(tags[key]) === wanted)) {
          part.sink.add(value);
        }
      }
    },
    setThresholds(thresholds) {
      for (const [selector, options] of Object.entries(thresholds)) {
        const [, name = "", inner] = /^([^{}]+?)\s*(?:\{(.*)\})?$/.exec(selector) ?? [];
        const metric = metrics.get(name);
        if (metric === undefined) throw new Error(`There is no metric ${name} for the threshold “${selector}”.`);
        const parsed = options.map((option) => parseThreshold(option, selector, metric.type));
        if (inner === undefined) {
          metric.thresholds.push(...parsed);
        } else {
          const { type, contains } = metric;
          const tags = tagsOf(inner, selector);
          metric.parts.push({ name: selector, type, contains, sink: createSink(type), thresholds: parsed, tags });
        }
      }
    },
    evaluate(elapsedMs, isOver) {
      let ends: string | undefined;
      for (const { name, sink, thresholds } of every()) {
        if (sink.isEmpty() && !isOver) continue;
        for (const threshold of thresholds) {
          threshold.ok = threshold.holds(sink, elapsedMs);
          if (!threshold.ok && threshold.abortOnFail && elapsedMs >= threshold.delayMs) {
            ends ??= `The threshold ${threshold.source} of ${name} ended the run.`;
          }
        }
      }
      return ends;
    },
    all: () =>
      every()
        .filter(({ sink, thresholds, name }) => {
          const parts = metrics.get(name)?.parts ?? [];
          return !sink.isEmpty() || thresholds.length > 0 || parts.length > 0;
        })
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** `a:b,c:d` as tags. Values may be quoted. */
function tagsOf(inner: string, selector: string): Tags {
  return Object.fromEntries(
    inner.split(",").map((pair) => {
      const [, key, value] = /^\s*"?([^":]+?)"?\s*:\s*"?(.*?)"?\s*$/.exec(pair) ?? [];
      if (key === undefined || value === undefined) throw new Error(`The tags of “${selector}” cannot be read.`);
      return [key, value];
    }),
  );
}
