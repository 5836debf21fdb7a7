// It imports nothing, so that Node can read it, too.

/** A version is named, since programs read this. */
const SCHEMA = "koa-ocm-loadtest/1";

type Values = Record<string, number>;
/** What is used of the data that k6 gives to `handleSummary`. */
export interface Given {
  metrics?: Metrics;
  root_group?: Group;
  state: { testRunDurationMs: number };
}
type Metrics = Record<string, { type: string; values: Values; thresholds?: Record<string, { ok: boolean }> }>;
interface Group {
  groups: Group[];
  checks: { name: string; path: string; passes: number; fails: number }[];
}

/** Requests of a run, or of one endpoint in it. Times are in milliseconds. */
export interface RequestFigures {
  count: number;
  perSecond: number;
  failed: number;
  avg: number;
  med: number;
  p90: number;
  p95: number;
  p99: number;
  max: number;
}

/** The summary that every script writes, whoever ran it. */
export interface Summary {
  schema: typeof SCHEMA;
  script: string;
  profile: string;
  /** What the time of the profile was divided by. */
  shorten: number;
  /** What ran it: k6 with its version, or the adapter in Node. */
  runner: string;
  target: string;
  seconds: number;
  iterations: number;
  droppedIterations: number;
  requests: RequestFigures;
  endpoints: Record<string, RequestFigures>;
  bytes: { sent: number; received: number };
  checks: { passes: number; fails: number; failed: { name: string; passes: number; fails: number }[] };
  thresholds: { metric: string; condition: string; ok: boolean }[];
  /** Metrics that the script has by itself. */
  own: Record<string, Values>;
}

const BUILT_IN = /^(http_req|data_|iteration|vus|checks|dropped_iterations|group_duration)/;

/** What a run says of itself. */
export type RunFacts = Pick<Summary, "script" | "profile" | "shorten" | "runner" | "target">;

/**
 * The summary in our own form. k6 has a second shape for its data since 1.5, where it is asked for it. That one tells of no thresholds
 * and not of every percentile, so it is refused.
 * @see https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/
 * @throws Error when the data have that shape
 */
export function summarised(run: RunFacts, { metrics, root_group: root, state }: Given): Summary {
  if (metrics === undefined || root === undefined) {
    throw new Error("handleSummary has data of another shape: set K6_NEW_MACHINE_READABLE_SUMMARY=false.");
  }
  const values = (name: string): Values => metrics[name]?.values ?? {};
  const part = (inner: string): RequestFigures => {
    const duration = values(`http_req_duration${inner}`);
    const requests = values(`http_reqs${inner}`);
    return {
      count: requests.count ?? 0,
      perSecond: requests.rate ?? 0,
      failed: values(`http_req_failed${inner}`).rate ?? 0,
      avg: duration.avg ?? 0,
      med: duration.med ?? 0,
      p90: duration["p(90)"] ?? 0,
      p95: duration["p(95)"] ?? 0,
      p99: duration["p(99)"] ?? 0,
      max: duration.max ?? 0,
    };
  };
  const endpoints = Object.keys(metrics).flatMap((name) => /^http_reqs\{endpoint:(.+)\}$/.exec(name)?.[1] ?? []);
  const checks = checksOf(root);
  return {
    schema: SCHEMA,
    ...run,
    seconds: state.testRunDurationMs / 1000,
    iterations: values("iterations").count ?? 0,
    droppedIterations: values("dropped_iterations").count ?? 0,
    requests: part(""),
    endpoints: Object.fromEntries(endpoints.map((endpoint) => [endpoint, part(`{endpoint:${endpoint}}`)])),
    bytes: { sent: values("data_sent").count ?? 0, received: values("data_received").count ?? 0 },
    checks: {
      passes: checks.reduce((sum, { passes }) => sum + passes, 0),
      fails: checks.reduce((sum, { fails }) => sum + fails, 0),
      failed: checks.filter(({ fails }) => fails > 0),
    },
    thresholds: Object.entries(metrics).flatMap(([metric, { thresholds = {} }]) =>
      Object.entries(thresholds).map(([condition, { ok }]) => ({ metric, condition, ok })),
    ),
    own: Object.fromEntries(
      Object.entries(metrics).flatMap(([name, metric]) => (BUILT_IN.test(name) ? [] : [[name, metric.values]])),
    ),
  };
}

function checksOf({ groups, checks }: Group): { name: string; passes: number; fails: number }[] {
  return [
    ...Object.values(checks).map(({ name, passes, fails }) => ({ name, passes, fails })),
    ...Object.values(groups).flatMap((inner) => checksOf(inner)),
  ];
}
