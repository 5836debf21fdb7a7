import type { Stage } from "./executors/shapes.ts";
import type { ThresholdOption } from "./metrics/thresholds.ts";

interface Common {
  startTime?: string;
  gracefulStop?: string;
  exec?: string;
  env?: Record<string, string>;
  tags?: Record<string, string>;
}

/** A scenario of the options. */
export type ScenarioOptions = Common &
  (
    | { executor: "shared-iterations" | "per-vu-iterations"; vus?: number; iterations?: number; maxDuration?: string }
    | { executor: "constant-vus"; vus?: number; duration: string }
    | { executor: "ramping-vus"; startVUs?: number; stages: Stage[]; gracefulRampDown?: string }
    | {
        executor: "constant-arrival-rate";
        rate: number;
        timeUnit?: string;
        duration: string;
        preAllocatedVUs: number;
        maxVUs?: number;
      }
    | {
        executor: "ramping-arrival-rate";
        startRate?: number;
        timeUnit?: string;
        stages: Stage[];
        preAllocatedVUs: number;
        maxVUs?: number;
      }
  );

/** The part of a script's options that is understood here. */
export interface RunOptions {
  scenarios?: Record<string, ScenarioOptions>;
  thresholds?: Record<string, ThresholdOption[]>;
  vus?: number;
  duration?: string;
  iterations?: number;
  stages?: Stage[];
  tags?: Record<string, string>;
  discardResponseBodies?: boolean;
  insecureSkipTLSVerify?: boolean;
  maxRedirects?: number;
  setupTimeout?: string;
  teardownTimeout?: string;
  summaryTrendStats?: string[];
  throw?: boolean;
  userAgent?: string;
  /** Addresses of hosts, `name` or `name:port` to `address` or `address:port`, instead of what their names resolve to. */
  hosts?: Record<string, string>;
}

const KNOWN: readonly string[] = [
  "scenarios",
  "thresholds",
  "vus",
  "duration",
  "iterations",
  "stages",
  "tags",
  "discardResponseBodies",
  "insecureSkipTLSVerify",
  "maxRedirects",
  "setupTimeout",
  "teardownTimeout",
  "summaryTrendStats",
  "throw",
  "userAgent",
  "hosts",
] satisfies (keyof RunOptions)[];

const EXECUTORS: readonly string[] = [
  "shared-iterations",
  "per-vu-iterations",
  "constant-vus",
  "ramping-vus",
  "constant-arrival-rate",
  "ramping-arrival-rate",
] satisfies ScenarioOptions["executor"][];

/** The statistics of a trend in the summary, where the options name none. */
export const DEFAULT_TREND_STATS = ["avg", "min", "med", "max", "p(90)", "p(95)"];

/** @throws Error when an option is not known here, so that nothing is silently left out */
export function readOptions(exported: unknown): RunOptions {
  if (exported === undefined) return {};
  if (typeof exported !== "object" || exported === null) throw new Error("The options are no object.");
  for (const name of Object.keys(exported)) {
    if (!KNOWN.includes(name)) throw new Error(`The option ${name} is not known here; real k6 may know it.`);
  }
  const options = exported as RunOptions;
  for (const [name, { executor }] of Object.entries(options.scenarios ?? {})) {
    if (!EXECUTORS.includes(executor)) throw new Error(`The scenario ${name} has an executor “${executor}”.`);
  }
  return options;
}

/** The scenarios of a run; without any, what `stages`, `duration`, `iterations` and `vus` say. */
export function scenariosOf(options: RunOptions): [string, ScenarioOptions][] {
  const { scenarios, stages, duration, iterations, vus } = options;
  if (scenarios !== undefined) return Object.entries(scenarios);
  const some = vus === undefined ? {} : { vus };
  if (stages !== undefined) return [["default", { executor: "ramping-vus", startVUs: vus ?? 1, stages }]];
  if (iterations !== undefined) {
    const longest = duration === undefined ? {} : { maxDuration: duration };
    return [["default", { executor: "shared-iterations", iterations, ...some, ...longest }]];
  }
  if (duration !== undefined) return [["default", { executor: "constant-vus", duration, ...some }]];
  return [["default", { executor: "per-vu-iterations", iterations: 1, ...some }]];
}

/** The options as `exec.test.options` shows them: what they are short for is written out, and what was not given is null. */
export function consolidated(options: RunOptions): Record<string, unknown> {
  const absent = Object.fromEntries(KNOWN.map((name) => [name, null]));
  return { ...absent, ...options, scenarios: Object.fromEntries(scenariosOf(options)) };
}
