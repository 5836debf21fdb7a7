import { describe, expect, it } from "vitest";
import { summarised } from "./shared/summarised.ts";

const run = { script: "token", profile: "load", shorten: 10, runner: "k6 v9", target: "docker" };

const metrics = {
  http_reqs: { type: "counter", values: { count: 4, rate: 2 } },
  "http_reqs{endpoint:token}": {
    type: "counter",
    values: { count: 4, rate: 2 },
    thresholds: { "count>0": { ok: true } },
  },
  http_req_duration: { type: "trend", values: { avg: 5, med: 4, "p(90)": 8, "p(95)": 9, "p(99)": 10, max: 11 } },
  own: { type: "trend", values: { avg: 1 } },
};
const check = (name: string, passes: number, fails: number) => ({ name, path: `::${name}`, passes, fails });
const root = { groups: [{ groups: [], checks: [check("within", 1, 2)] }], checks: [check("all", 3, 0)] };

describe("handleSummary", () => {
  it("writes one form, with what the checks of all groups came to", () => {
    const data = { metrics, root_group: root, state: { testRunDurationMs: 2000 } };
    expect(summarised(run, data)).toMatchObject({
      schema: "koa-ocm-loadtest/1",
      ...run,
      seconds: 2,
      requests: { count: 4, perSecond: 2, med: 4, p99: 10 },
      endpoints: { token: { count: 4 } },
      checks: { passes: 4, fails: 2, failed: [{ name: "within", passes: 1, fails: 2 }] },
      thresholds: [{ metric: "http_reqs{endpoint:token}", condition: "count>0", ok: true }],
      own: { own: { avg: 1 } },
    });
  });

  it("refuses the other shape that k6 has for its data, in which no threshold is", () => {
    const other = {
      version: "1.0.0",
      config: {},
      results: { passed: true, metrics: [] },
      state: { testRunDurationMs: 1 },
    };
    expect(() => summarised(run, other)).toThrow(/K6_NEW_MACHINE_READABLE_SUMMARY=false/);
  });
});
