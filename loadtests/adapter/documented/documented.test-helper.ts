import { expect } from "vitest";
import { echo, type Ran, runText, serve } from "../run-script.test-helper.ts";

/** A metric in the data of `handleSummary`, as far as the rows look at it. */
export interface Metric {
  type: string;
  contains: string;
  values: Record<string, number>;
  thresholds?: Record<string, { ok: boolean }>;
}

/** A group in these data. */
export interface Group {
  name: string;
  path: string;
  groups: Group[];
  checks: { name: string; path: string; passes: number; fails: number }[];
}

export interface Data {
  metrics: Record<string, Metric>;
  root_group: Group;
  state: { testRunDurationMs: number };
  setup_data?: unknown;
}

/** What came of a script that does each thing once. */
export interface Documented {
  ran: Ran;
  data: Data;
  /** What the script said under this name. */
  seen(name: string): unknown;
  values(metric: string): Record<string, number>;
}

/** What each script begins with. `say` tells the test a value, `thrown` gives the words of an exception. */
const HEAD = `
import http, { asyncRequest } from "k6/http";
import { check, fail, group, sleep } from "k6";
import { Counter, Gauge, Rate, Trend } from "k6/metrics";
import { SharedArray } from "k6/data";
import encoding from "k6/encoding";
import exec from "k6/execution";

const origin = __ENV.ORIGIN;
const say = (name: string, value: unknown) => console.log("SEEN", name.replaceAll(" ", "_"), JSON.stringify(value ?? null));
const thrown = async (body: () => unknown) => { try { await body(); return null; } catch (error) { return (error as Error).message; } };
const ask = (path: string, params?: object, method = "GET", body: unknown = null) => http.asyncRequest(method, origin + path, body, params);
`;
const TAIL = `
export function handleSummary(data) { return { stdout: JSON.stringify(data), "written.json": "{}", stderr: "to stderr" }; }
`;

/**
 * Runs a script beside a server that answers what it was asked, and another one that is gone: `ORIGIN` and `DEAD` are their
 * origins.
 */
export async function runDocumented(script: string): Promise<Documented> {
  const server = await serve(echo);
  const dead = await serve(echo);
  await dead.close();
  try {
    const ran = await runText(HEAD + script + TAIL, {
      environment: { ORIGIN: server.origin, DEAD: dead.origin, GIVEN: "a=b" },
      files: { "data.txt": "ü" },
    });
    expect(ran.stderr).not.toMatch(/ERRO/);
    const data = JSON.parse(ran.stdout) as Data;
    return {
      ran,
      data,
      seen: (name) => ran.seen[name.replaceAll(" ", "_")],
      values: (metric) => data.metrics[metric]?.values ?? {},
    };
  } finally {
    await server.close();
  }
}
