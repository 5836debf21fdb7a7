import type { Attributes } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

/** One point of a metric: of a histogram `value` is the count, and `sum` the sum. */
interface Point {
  name: string;
  unit: string;
  attributes: Attributes;
  value: number;
  sum: number;
  boundaries: number[];
}

/** Providers that keep in memory whatever a plugin gives them. */
export interface Collected {
  tracerProvider: TracerProvider;
  meterProvider: MeterProvider;
  spans(): ReadableSpan[];
  /** Spans with this name. */
  named(name: string): ReadableSpan[];
  /** Collects now. */
  points(name?: string): Promise<Point[]>;
  /** Everything that would have been exported, a line for each span and point. */
  lines(): Promise<string[]>;
}

export function collected(): Collected {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const reader = new PeriodicExportingMetricReader({
    exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
    exportIntervalMillis: 3_600_000,
  });
  const meterProvider = new MeterProvider({ readers: [reader] });

  async function points(name?: string): Promise<Point[]> {
    const { resourceMetrics, errors } = await reader.collect();
    if (errors.length > 0) throw new AggregateError(errors, "The metrics could not be collected.");
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    const all = metrics.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }): Point => {
        const { name: metric, unit } = descriptor;
        if (typeof value === "number") return { name: metric, unit, attributes, value, sum: 0, boundaries: [] };
        const boundaries = "buckets" in value ? value.buckets.boundaries : [];
        return { name: metric, unit, attributes, value: value.count, sum: value.sum ?? 0, boundaries };
      }),
    );
    return all.filter((point) => name === undefined || point.name === name);
  }

  return {
    tracerProvider,
    meterProvider,
    spans: () => exporter.getFinishedSpans(),
    named: (name) => exporter.getFinishedSpans().filter((span) => span.name === name),
    points,
    async lines() {
      const spans = exporter.getFinishedSpans().map(({ name, attributes, events, links, status, resource }) => ({
        name,
        attributes,
        events,
        links,
        status,
        resource: resource.attributes,
      }));
      return [...spans, ...(await points())].map((each) => JSON.stringify(each));
    },
  };
}
