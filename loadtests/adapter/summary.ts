import type { Engine } from "./engine.ts";
import { DEFAULT_TREND_STATS } from "./options.ts";

/**
 * The data of `handleSummary`.
 * @see https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/
 */
export interface SummaryData {
  root_group: unknown;
  options: { summaryTrendStats: string[]; summaryTimeUnit: string; noColor: boolean };
  state: { isStdOutTTY: boolean; isStdErrTTY: boolean; testRunDurationMs: number };
  metrics: Record<
    string,
    { type: string; contains: string; values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> }
  >;
  setup_data?: unknown;
}

export function summaryData(engine: Engine, elapsedMs: number, setupData: string): SummaryData {
  const stats = engine.options.summaryTrendStats ?? DEFAULT_TREND_STATS;
  const metrics: SummaryData["metrics"] = {};
  for (const { name, type, contains, sink, thresholds } of engine.registry.all()) {
    metrics[name] = {
      type,
      contains,
      values: sink.figures(stats, elapsedMs),
      ...(thresholds.length === 0
        ? {}
        : { thresholds: Object.fromEntries(thresholds.map(({ source, ok }) => [source, { ok }])) }),
    };
  }
  return {
    root_group: engine.rootGroup,
    options: { summaryTrendStats: stats, summaryTimeUnit: "", noColor: true },
    state: { isStdOutTTY: false, isStdErrTTY: false, testRunDurationMs: elapsedMs },
    metrics,
    setup_data: JSON.parse(setupData),
  };
}
