import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SCRIPT } from "./documented-script.test-helper.ts";
import { echo, type Ran, runText, serve } from "./run-script.test-helper.ts";

// Each row: what the documentation of k6 says, on which page, and what the adapter does. The sentences are shortened.

const DOCS = "https://grafana.com/docs/k6/latest";

let ran: Ran;
// biome-ignore lint/suspicious/noExplicitAny: it is JSON of the shape that the rows below look at.
let summary: any;
let close = async (): Promise<void> => undefined;

beforeAll(async () => {
  const server = await serve(echo);
  const dead = await serve(echo);
  await dead.close();
  close = server.close;
  ran = await runText(SCRIPT, {
    environment: { ORIGIN: server.origin, DEAD: dead.origin, GIVEN: "a=b" },
    files: { "data.txt": "ü" },
  });
  expect(ran.stderr).not.toMatch(/ERRO/);
  summary = JSON.parse(ran.stdout);
}, 60_000);
afterAll(() => close());

const seen = (name: string) => ran.seen[name.replaceAll(" ", "_")] as Record<string, never>;
const values = (metric: string) => summary.metrics[metric].values;

const TABLE: [sentence: string, page: string, () => void][] = [
  [
    "asyncRequest gives a Promise with a Response",
    "javascript-api/k6-http/asyncrequest",
    () => expect(seen("get").status).toBe(200),
  ],
  [
    "Params.headers are inserted into the request",
    "javascript-api/k6-http/params",
    () => expect(seen("get")).toHaveProperty("request.headers.x-own", "1"),
  ],
  [
    "Params.tags filter response time metrics",
    "javascript-api/k6-http/params",
    () => expect(values("http_reqs{endpoint:tagged}").count).toBe(1),
  ],
  [
    "Objects are x-www-form-urlencoded",
    "javascript-api/k6-http/asyncrequest",
    () =>
      expect(seen("form")).toMatchObject({
        body: "a=1&b=zwei+drei",
        headers: { "content-type": "application/x-www-form-urlencoded" },
      }),
  ],
  [
    "http functions can be imported by name",
    "javascript-api/k6-http",
    () => expect(seen("named")).toMatchObject({ method: "PUT", body: "text" }),
  ],
  ["A body may be an ArrayBuffer", "javascript-api/k6-http/asyncrequest", () => expect(seen("binary body")).toBe(3)],
  [
    "responseType binary gives an ArrayBuffer",
    "javascript-api/k6-http/params",
    () => expect(seen("binary")).toEqual([true, 9]),
  ],
  ["responseType none gives null as the body", "javascript-api/k6-http/params", () => expect(seen("none")).toBeNull()],
  [
    "Response.headers has canonical names, several values joined",
    "javascript-api/k6-http/response",
    () => {
      expect(seen("get").header).toBe("application/json");
      expect(seen("missing").two).toBe("a, b");
    },
  ],
  [
    "Response.timings: duration = sending + waiting + receiving",
    "javascript-api/k6-http/response",
    () => {
      const { duration, sending, waiting, receiving } = seen("get").timings as unknown as Record<string, number>;
      expect(duration).toBeCloseTo((sending ?? 0) + (waiting ?? 0) + (receiving ?? 0), 6);
      expect(duration).toBeGreaterThan(0);
    },
  ],
  [
    "Response.json parses, and takes a selector",
    "javascript-api/k6-http/response/response-json",
    () => expect(seen("get").deep).toBe(7),
  ],
  [
    "Response.json fails on what is no JSON",
    "javascript-api/k6-http/response/response-json",
    () => expect(seen("bad json")).toMatch(/cannot parse json/),
  ],
  [
    "error_code of a 4xx answer is 1400 and up",
    "javascript-api/error-codes",
    () => expect(seen("missing")).toMatchObject({ status: 404, code: 1404 }),
  ],
  [
    "error is empty where there was no error",
    "javascript-api/k6-http/response",
    () => expect(seen("get")).toMatchObject({ error: "", error_code: 0 }),
  ],
  [
    "Redirects are followed, 10 by default",
    "javascript-api/k6-http/params",
    () => expect(seen("redirected")).toBe("/redirect/0"),
  ],
  [
    "Params.redirects is the number of redirects to follow",
    "javascript-api/k6-http/params",
    () => expect(seen("redirects")).toEqual({ status: 302, url: "/redirect/1" }),
  ],
  [
    "Params.timeout: status 0, code 1050: request timeout",
    "javascript-api/error-codes",
    () => expect(seen("timeout")).toEqual({ status: 0, error: "request timeout", code: 1050, body: null }),
  ],
  [
    "1212: connection refused",
    "javascript-api/error-codes",
    () => expect(seen("refused")).toEqual({ status: 0, code: 1212, hasError: true }),
  ],
  [
    "Credentials in the address are used for Basic",
    "javascript-api/k6-http/params",
    () => expect(seen("basic")).toBe(`Basic ${btoa("user:pass")}`),
  ],
  [
    "batch takes arrays of texts, arrays and objects",
    "javascript-api/k6-http/batch",
    () => expect(seen("batch")).toEqual([200, 201, 202]),
  ],
  [
    "batch of an object answers by the same names",
    "javascript-api/k6-http/batch",
    () => expect(seen("batch by name")).toBe(200),
  ],
  [
    "The option hosts says where a host is",
    "using-k6/k6-options/reference",
    () => expect(seen("hosts")).toBe("elsewhere.example"),
  ],
  [
    "get, post, del and request",
    "javascript-api/k6-http",
    () => expect(seen("methods")).toEqual(["GET", "POST", "DELETE", "PROPFIND"]),
  ],
  [
    "http requests belong outside of the init context",
    "using-k6/test-lifecycle",
    () => expect(seen("init").initRequest).toMatch(/init context/),
  ],
  [
    "A status of 200 to 399 is expected by default",
    "javascript-api/k6-http/set-response-callback",
    () => expect(values("http_req_failed")).toMatchObject({ passes: 3 }),
  ],
  [
    "expectedStatuses makes others expected",
    "javascript-api/k6-http/expected-statuses",
    () => expect(values("http_req_failed{expected_response:false}").passes).toBe(3),
  ],
  [
    "check gives true only if all hold",
    "javascript-api/k6/check",
    () => expect(seen("checks")).toEqual([true, false, true]),
  ],
  [
    "check tags the metrics emitted",
    "javascript-api/k6/check",
    () => expect(values("checks{own:tag}")).toEqual({ rate: 1, passes: 1, fails: 0 }),
  ],
  [
    "checks is the rate of successful checks",
    "using-k6/metrics/reference",
    () => expect(values("checks")).toEqual({ rate: 0.8, passes: 4, fails: 1 }),
  ],
  ["group gives what its function gives", "javascript-api/k6/group", () => expect(seen("group")).toBe("value")],
  [
    "groups are nested in the summary",
    "results-output/end-of-test/custom-summary",
    () =>
      expect(summary.root_group.groups[0].groups[0]).toMatchObject({
        name: "inner",
        path: "::outer::inner",
        checks: [{ name: "within", path: "::outer::inner::within", passes: 1, fails: 0 }],
      }),
  ],
  [
    "group is not for asynchronous functions",
    "javascript-api/k6/group",
    () => expect(seen("async group")).toMatch(/asynchronous/),
  ],
  ["fail throws, with its words", "javascript-api/k6/fail", () => expect(seen("fail")).toBe("words")],
  [
    "sleep suspends for so many seconds",
    "javascript-api/k6/sleep",
    () => expect(Number(seen("sleep"))).toBeGreaterThanOrEqual(199),
  ],
  [
    "Counter: count and rate",
    "javascript-api/k6-metrics/counter",
    () => {
      expect(values("own_counter").count).toBe(5);
      expect(values("own_counter").rate).toBeGreaterThan(0);
    },
  ],
  [
    "Gauge: the last value, smallest and largest",
    "javascript-api/k6-metrics/gauge",
    () => expect(values("own_gauge")).toEqual({ value: 3, min: 1, max: 5 }),
  ],
  [
    "Rate: the part of values that are not zero",
    "javascript-api/k6-metrics/rate",
    () => expect(values("own_rate")).toEqual({ rate: 0.5, passes: 2, fails: 2 }),
  ],
  [
    "Trend: the statistics that summaryTrendStats names",
    "using-k6/k6-options/reference",
    () =>
      expect(values("own_trend")).toEqual({
        avg: 2,
        min: 1,
        med: 2,
        max: 3,
        "p(90)": 2.8,
        "p(95)": 2.9,
        "p(99)": 2.98,
        count: 3,
      }),
  ],
  [
    "A Trend of times contains time",
    "results-output/end-of-test/custom-summary",
    () => expect(summary.metrics.own_trend).toMatchObject({ type: "trend", contains: "time" }),
  ],
  [
    "Metrics are created in the init context",
    "using-k6/metrics/create-custom-metrics",
    () => expect(seen("late metric")).toMatch(/init context/),
  ],
  [
    "SharedArray's function executes only once",
    "javascript-api/k6-data/sharedarray",
    () => expect(seen("init").made).toBe(0),
  ],
  [
    "SharedArray is like an array",
    "javascript-api/k6-data/sharedarray",
    () => expect(seen("shared")).toMatchObject({ length: 2, values: [1, 2] }),
  ],
  [
    "SharedArray is read-only, and gives copies",
    "javascript-api/k6-data/sharedarray",
    () => {
      expect(seen("shared").changed).toMatch(/immutable/);
      expect(seen("shared").again).toBe(1);
    },
  ],
  [
    "SharedArray is constructed in the init context",
    "javascript-api/k6-data/sharedarray",
    () => expect(seen("late shared")).toMatch(/init context/),
  ],
  [
    "open gives text, or an ArrayBuffer",
    "javascript-api/init-context/open",
    () => expect(seen("init")).toMatchObject({ text: "ü", bytes: 2 }),
  ],
  [
    "open is for the init context",
    "javascript-api/init-context/open",
    () => expect(seen("late open")).toMatch(/init stage/),
  ],
  ["__ENV has what -e gives", "using-k6/environment-variables", () => expect(seen("globals").env).toBe("a=b")],
  [
    "A scenario has environment variables of its own",
    "using-k6/scenarios",
    () => expect(seen("globals").ofScenario).toBe("yes"),
  ],
  [
    "__VU and __ITER: numbers of the virtual user, from 1, and of its iteration, from 0",
    "using-k6/execution-context-variables",
    () => {
      expect(seen("globals")).toMatchObject({ vu: 1, iter: 0 });
      expect(seen("second iteration").iteration).toBe(1);
    },
  ],
  [
    "setup's data is given to each virtual user, and to teardown",
    "using-k6/test-lifecycle",
    () => {
      expect(seen("data")).toEqual({ from: "setup", list: [1] });
      expect(seen("teardown")).toEqual({ from: "setup", list: [1] });
    },
  ],
  [
    "exec tells scenario and virtual user",
    "javascript-api/k6-execution",
    () =>
      expect(seen("exec")).toEqual({
        vu: 1,
        iteration: 0,
        name: "main",
        executor: "per-vu-iterations",
        inTest: 0,
        progress: true,
        options: "yes",
      }),
  ],
  [
    "k6/encoding: base64 in its variants",
    "javascript-api/k6-encoding",
    () => expect(seen("encoding")).toEqual(["w7w/", "w7w_", "ü?", "ü?a"]),
  ],
  [
    "b64decode reads the variant that it is told, and no other",
    "javascript-api/k6-encoding/b64decode",
    () => expect(seen("wrong encoding")).toEqual(Array(2).fill("illegal base64 data, as std")),
  ],
  [
    "Tags of the test and of the scenario are on every metric",
    "using-k6/tags-and-groups",
    () => {
      expect(values("http_reqs{of:scenario}").count).toBe(values("http_reqs").count);
      expect(values("http_reqs{of_test:yes}").count).toBe(values("http_reqs").count);
    },
  ],
  [
    "System tags: status, method, expected_response",
    "using-k6/tags-and-groups",
    () => {
      expect(values("http_reqs{status:404}").count).toBe(2);
      expect(values("http_reqs{method:PUT}").count).toBe(1);
    },
  ],
  [
    "A metric with a threshold is in the summary, seen or not",
    "using-k6/thresholds",
    () =>
      expect(summary.metrics["http_reqs{never:seen}"]).toMatchObject({
        values: { count: 0 },
        thresholds: { "count==0": { ok: true } },
      }),
  ],
  [
    "iterations counts how often the function was executed",
    "using-k6/metrics/reference",
    () => expect(values("iterations").count).toBe(2),
  ],
  [
    "data_received and data_sent count bytes",
    "using-k6/metrics/reference",
    () => {
      expect(summary.metrics.data_received.contains).toBe("data");
      expect(values("data_received").count).toBeGreaterThan(1000);
      expect(values("data_sent").count).toBeGreaterThan(1000);
    },
  ],
  [
    "handleSummary: stdout and stderr, else files",
    "results-output/end-of-test/custom-summary",
    () => {
      expect(summary.state.testRunDurationMs).toBeGreaterThan(0);
      expect(ran.stderr).toContain("to stderr");
    },
  ],
  [
    "The data has options, state, metrics, root_group, setup_data",
    "results-output/end-of-test/custom-summary",
    () => {
      expect(Object.keys(summary).sort()).toEqual(["metrics", "options", "root_group", "setup_data", "state"]);
      expect(summary.setup_data).toEqual({ from: "setup", list: [1] });
    },
  ],
  ["The exit code is 0 where all thresholds hold", "using-k6/thresholds", () => expect(ran.code).toBe(0)],
];

describe("the adapter does what k6 documents", () => {
  it.each(TABLE.map(([sentence, page, holds]) => ({ sentence, page: `${DOCS}/${page}/`, holds })))(
    "$sentence ($page)",
    ({ holds }) => holds(),
  );
});
