import { beforeAll, describe, expect, it } from "vitest";
import { type Documented, runDocumented } from "./documented.test-helper.ts";

// Each group names the page of k6's documentation that it rests on; its sentences are shortened.

const SCRIPT = `
const counter = new Counter("own_counter");
const gauge = new Gauge("own_gauge");
const rate = new Rate("own_rate");
const trend = new Trend("own_trend", true);

export const options = {
  scenarios: { main: { executor: "per-vu-iterations", vus: 1, iterations: 2, tags: { of: "scenario", both: "scenario" } } },
  summaryTrendStats: ["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "count"],
  tags: { of_test: "yes", both: "test" },
  thresholds: {
    "http_reqs{of:scenario}": ["count==4"], "http_reqs{of_test:yes}": ["count==4"], "http_reqs{both:request}": ["count==1"],
    "http_reqs{status:404}": ["count==1"], "http_reqs{method:PUT}": ["count==1"], "http_reqs{scenario:main}": ["count==4"],
    "http_reqs{name:a name}": ["count==1"], "http_reqs{group:::outer::inner}": ["count==0"], "http_reqs{group:}": ["count==4"],
    "checks{check:is four}": ["rate==0"], "checks{own:tag}": ["rate==1"], "checks{group:::outer::inner}": ["rate==1"],
    "own_counter{kind:2}": ["count==3"], "own_counter{of:vu}": ["count==3"],
    own_trend: ["p(50)==2", { threshold: "p(99.9) < 3", abortOnFail: false, delayAbortEval: "10s" }],
    own_gauge: ["value==3"], own_rate: ["rate>=0.5"],
  },
};

export function setup() { return null; }

export default async function () {
  if (__ITER > 0) return;
  await ask("/echo", { tags: { name: "a name" } });
  await ask("/status/404");
  await ask("/echo", {}, "PUT", "text");
  await ask("/echo", { tags: { both: "request" } });

  say("checks", [check(1, { "is one": (v) => v === 1 }), check(3, { "is three": (v) => v === 3, "is four": (v) => v === 4 }), check(1, { tagged: () => true }, { own: "tag" })]);
  say("group", group("outer", () => group("inner", () => { check(1, { within: () => true }); return "value"; })));
  say("async group", await thrown(() => group("g", async () => 1)));

  counter.add(2);
  exec.vu.metrics.tags.of = "vu";
  counter.add(3, { kind: 2 });
  delete exec.vu.metrics.tags.of;
  gauge.add(5); gauge.add(1); gauge.add(3);
  rate.add(true); rate.add(0); rate.add(1); rate.add(false);
  for (const value of [1, 2, 3]) trend.add(value);
  say("no number", await thrown(() => counter.add("many")));
  say("late metric", await thrown(() => new Counter("late")));
}`;

let k6: Documented;
beforeAll(async () => {
  k6 = await runDocumented(SCRIPT);
}, 60_000);

describe("check", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6/check/
  it("gives true if all have succeeded, else false", () => expect(k6.seen("checks")).toEqual([true, false, true]));

  it("takes tags for the metrics that it emits", () => expect(k6.values("checks{own:tag}").rate).toBe(1));
});

describe("group", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6/group/
  it("gives what its function gives", () => expect(k6.seen("group")).toBe("value"));

  it("takes no async function", () => expect(k6.seen("async group")).toMatch(/asynchronous/));

  // https://grafana.com/docs/k6/latest/using-k6/tags-and-groups/
  it("emits group_duration, and the tag group has all names with :: before each", () => {
    expect(k6.values("checks{group:::outer::inner}").rate).toBe(1);
    expect(k6.data.metrics.group_duration).toMatchObject({ type: "trend", contains: "time" });
  });

  it("the root group has the empty name", () => expect(k6.values("http_reqs{group:}").count).toBe(4));
});

describe("metrics of a script", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-metrics/counter/
  it("Counter adds up: count and rate", () => {
    expect(k6.values("own_counter").count).toBe(5);
    expect(k6.values("own_counter").rate).toBeGreaterThan(0);
  });

  // https://grafana.com/docs/k6/latest/javascript-api/k6-metrics/gauge/
  it("Gauge keeps the latest value", () => expect(k6.values("own_gauge").value).toBe(3));

  // https://grafana.com/docs/k6/latest/javascript-api/k6-metrics/rate/
  it("Rate is the part of values that are not zero", () => expect(k6.values("own_rate").rate).toBe(0.5));

  // https://grafana.com/docs/k6/latest/javascript-api/k6-metrics/trend/
  it("Trend has avg, min, max and med", () =>
    expect(k6.values("own_trend")).toMatchObject({ avg: 2, min: 1, med: 2, max: 3 }));

  // https://grafana.com/docs/k6/latest/using-k6/metrics/create-custom-metrics/
  it("are created in the init context", () => expect(k6.seen("late metric")).toMatch(/init context/));

  // https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#throw
  it("an invalid value is a warning, where the option throw is not set", () => {
    expect(k6.seen("no number")).toBeNull();
    expect(k6.ran.stderr).toMatch(/WARN 'many' is an invalid value/);
  });
});

describe("built-in metrics", () => {
  // https://grafana.com/docs/k6/latest/using-k6/metrics/reference/
  it("checks is the rate of successful checks", () => expect(k6.values("checks").rate).toBe(0.8));

  it("iterations counts how often the function was executed", () => expect(k6.values("iterations").count).toBe(2));

  it("iteration_duration has the times of setup and teardown, too", () =>
    expect(k6.values("iteration_duration").count).toBe(3));

  it("data_received and data_sent count bytes", () => {
    expect(k6.data.metrics.data_received?.contains).toBe("data");
    expect(k6.values("data_received").count).toBeGreaterThan(500);
    expect(k6.values("data_sent").count).toBeGreaterThan(300);
  });

  it("vus and vus_max are gauges, http_req_failed is a rate, http_req_duration is a trend", () => {
    const type = (name: string) => k6.data.metrics[name]?.type;
    expect(["vus", "vus_max", "http_req_failed", "http_req_duration"].map(type)).toEqual([
      "gauge",
      "gauge",
      "rate",
      "trend",
    ]);
  });
});

describe("tags", () => {
  // https://grafana.com/docs/k6/latest/using-k6/tags-and-groups/
  it("system tags are on requests: status, method, name, scenario", () => {
    expect(k6.values("http_reqs{status:404}").count).toBe(1);
    expect(k6.values("http_reqs{method:PUT}").count).toBe(1);
    expect(k6.values("http_reqs{name:a name}").count).toBe(1);
    expect(k6.values("http_reqs{scenario:main}").count).toBe(4);
  });

  it("check is the name of the check", () => expect(k6.values("checks{check:is four}").rate).toBe(0));

  it("those of the test are on all metrics", () => expect(k6.values("http_reqs{of_test:yes}").count).toBe(4));

  // https://grafana.com/docs/k6/latest/using-k6/scenarios/#options
  it("those of a scenario are on its metrics", () => expect(k6.values("http_reqs{of:scenario}").count).toBe(4));

  // https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#tags
  it("the one of a request comes before the one of the test", () =>
    expect(k6.values("http_reqs{both:request}").count).toBe(1));

  // https://grafana.com/docs/k6/latest/javascript-api/k6-execution/#vu
  it("exec.vu.metrics.tags are on what is emitted until they are taken away", () =>
    expect(k6.values("own_counter{of:vu}").count).toBe(3));

  it("numbers become text", () => expect(k6.values("own_counter{kind:2}").count).toBe(3));
});

describe("thresholds", () => {
  // https://grafana.com/docs/k6/latest/using-k6/thresholds/
  it("are texts, or objects with abortOnFail and delayAbortEval; each tells whether it held", () =>
    expect(k6.data.metrics.own_trend?.thresholds).toEqual({ "p(50)==2": { ok: true }, "p(99.9) < 3": { ok: true } }));

  it("of a counter: count and rate; of a gauge: value; of a rate: rate", () => {
    expect(k6.data.metrics["http_reqs{status:404}"]?.thresholds).toEqual({ "count==1": { ok: true } });
    expect(k6.data.metrics.own_gauge?.thresholds).toEqual({ "value==3": { ok: true } });
    expect(k6.data.metrics.own_rate?.thresholds).toEqual({ "rate>=0.5": { ok: true } });
  });

  it("the exit code is 0 where all hold", () => expect(k6.ran.code).toBe(0));
});

describe("the data of handleSummary", () => {
  // https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/
  it("have root_group, options, state and metrics", () => {
    expect(Object.keys(k6.data)).toEqual(expect.arrayContaining(["root_group", "options", "state", "metrics"]));
    expect(k6.data.state.testRunDurationMs).toBeGreaterThan(0);
  });

  it("a metric has type, contains, values, and thresholds where there are any", () => {
    expect(k6.data.metrics.own_trend).toMatchObject({ type: "trend", contains: "time" });
    expect(k6.data.metrics.http_reqs).toMatchObject({ type: "counter", contains: "default" });
    expect(k6.data.metrics.http_reqs).not.toHaveProperty("thresholds");
    expect(k6.values("own_gauge")).toEqual({ value: 3, min: 1, max: 5 });
  });

  it("a part of a metric that has thresholds is there under its name with tags", () =>
    expect(k6.data.metrics["checks{own:tag}"]).toMatchObject({
      type: "rate",
      thresholds: { "rate==1": { ok: true } },
    }));

  it("groups are nested, with the checks in them", () =>
    expect(k6.data.root_group.groups[0]?.groups[0]).toMatchObject({
      name: "inner",
      path: "::outer::inner",
      checks: [{ name: "within", path: "::outer::inner::within", passes: 1, fails: 0 }],
    }));

  it("what it gives goes to stdout, stderr, and else to files", () => expect(k6.ran.stderr).toContain("to stderr"));

  // https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#summary-trend-stats
  it("a trend has the statistics that summaryTrendStats names", () =>
    expect(Object.keys(k6.values("own_trend"))).toEqual([
      "avg",
      "min",
      "med",
      "max",
      "p(90)",
      "p(95)",
      "p(99)",
      "count",
    ]));
});
