/** A k6 script that does each thing once, and says what came of it. What has to come is in documented.test.ts. */
export const SCRIPT = `
import http, { asyncRequest } from "k6/http";
import { check, fail, group, sleep } from "k6";
import { Counter, Gauge, Rate, Trend } from "k6/metrics";
import { SharedArray } from "k6/data";
import encoding from "k6/encoding";
import exec from "k6/execution";

const say = (name: string, value: unknown) => console.log("SEEN", name.replaceAll(" ", "_"), JSON.stringify(value ?? null));
const thrown = async (body: () => unknown) => { try { await body(); return null; } catch (error) { return (error as Error).message; } };

let made = 0;
const shared = new SharedArray("shared", () => { made += 1; return [{ n: 1 }, { n: 2 }]; });
const text = open("./data.txt");
const bytes = open("./data.txt", "b");
const counter = new Counter("own_counter");
const gauge = new Gauge("own_gauge");
const rate = new Rate("own_rate");
const trend = new Trend("own_trend", true);
const initRequest = await thrown(() => http.asyncRequest("GET", __ENV.ORIGIN));
const initNumber = __VU;

export const options = {
  scenarios: { main: { executor: "per-vu-iterations", vus: 1, iterations: 2, env: { OF_SCENARIO: "yes" }, tags: { of: "scenario" } } },
  summaryTrendStats: ["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "count"],
  tags: { of_test: "yes" },
  hosts: { "elsewhere.example:80": __ENV.ORIGIN.slice("http://".length) },
  thresholds: {
    "http_reqs{endpoint:tagged}": ["count==1"],
    "http_reqs{of:scenario}": ["count>5"],
    "http_reqs{of_test:yes}": ["count>5"],
    "http_reqs{status:404}": ["count==2"],
    "http_reqs{method:PUT}": ["count==1"],
    "http_req_failed{expected_response:false}": ["rate==1"],
    "checks{check:is four}": ["rate==0"],
    "checks{own:tag}": ["rate==1"],
    "http_reqs{never:seen}": ["count==0"],
    "own_trend": ["p(50)==2"],
  },
};

export function setup() { return { from: "setup", list: [1] }; }
export function teardown(data) { say("teardown", data); }

export default async function (data) {
  if (__ITER > 0) { say("second iteration", { iteration: __ITER, data }); return; }
  const origin = __ENV.ORIGIN;
  say("init", { initRequest, initNumber, made, text, bytes: bytes.byteLength });
  say("globals", { vu: __VU, iter: __ITER, env: __ENV.GIVEN, ofScenario: __ENV.OF_SCENARIO });
  say("data", data);
  data.list.push(2);

  const get = await http.asyncRequest("GET", origin + "/echo", null, { headers: { "X-Own": "1" }, tags: { endpoint: "tagged" } });
  const { timings, headers, ...rest } = get;
  say("get", { status: get.status, header: headers["Content-Type"], timings, request: get.json(), deep: get.json("deep.list.0.x"), error: get.error, error_code: get.error_code });
  say("form", (await http.asyncRequest("POST", origin + "/echo", { a: "1", b: "zwei drei" })).json());
  say("named", (await asyncRequest("PUT", origin + "/echo", "text")).json());
  say("binary body", (await http.asyncRequest("POST", origin + "/echo", new Uint8Array([1, 2, 3]).buffer)).json("bytes"));
  const binary = await http.asyncRequest("GET", origin + "/status/200", null, { responseType: "binary" });
  say("binary", [binary.body instanceof ArrayBuffer, binary.body.byteLength]);
  say("none", (await http.asyncRequest("GET", origin + "/echo", null, { responseType: "none" })).body);
  const missing = await http.asyncRequest("GET", origin + "/status/404");
  say("missing", { status: missing.status, code: missing.error_code, two: missing.headers["X-Two"] });
  const allowed = await http.asyncRequest("GET", origin + "/status/404", null, { responseCallback: http.expectedStatuses(404, { min: 500, max: 599 }) });
  say("redirected", (await http.asyncRequest("GET", origin + "/redirect/2")).url.slice(origin.length));
  const stopped = await http.asyncRequest("GET", origin + "/redirect/2", null, { redirects: 1 });
  say("redirects", { status: stopped.status, url: stopped.url.slice(origin.length) });
  const slow = await http.asyncRequest("GET", origin + "/slow/5000", null, { timeout: "100ms" });
  say("timeout", { status: slow.status, error: slow.error, code: slow.error_code, body: slow.body });
  const refused = await http.asyncRequest("GET", __ENV.DEAD);
  say("refused", { status: refused.status, code: refused.error_code, hasError: refused.error !== "" });
  say("basic", (await http.asyncRequest("GET", origin.replace("//", "//user:pass@") + "/echo")).json("headers.authorization"));
  const batch = await http.batch([origin + "/status/200", ["POST", origin + "/status/201", "x"], { method: "GET", url: origin + "/status/202" }]);
  say("batch", batch.map((one) => one.status));
  const named = await http.batch({ first: origin + "/status/200" });
  say("batch by name", named.first.status);
  say("hosts", (await http.get("http://elsewhere.example/echo")).json("headers.host"));
  say("methods", [(await http.get(origin + "/echo")).json("method"), (await http.post(origin + "/echo", "x")).json("method"), (await http.del(origin + "/echo")).json("method"), (await http.request("PROPFIND", origin + "/echo")).json("method")]);
  say("bad json", await thrown(() => binary.json()));

  say("checks", [check(1, { "is one": (v) => v === 1 }), check(3, { "is three": (v) => v === 3, "is four": (v) => v === 4 }), check(1, { tagged: () => true }, { own: "tag" })]);
  say("group", group("outer", () => group("inner", () => { check(1, { within: () => true }); return "value"; })));
  say("async group", await thrown(() => group("g", async () => 1)));
  say("fail", await thrown(() => fail("words")));
  const from = Date.now();
  await sleep(0.2);
  say("sleep", Date.now() - from);

  counter.add(2); counter.add(3);
  gauge.add(5); gauge.add(1); gauge.add(3);
  rate.add(true); rate.add(0); rate.add(1); rate.add(false);
  for (const value of [1, 2, 3]) trend.add(value);
  say("shared", { length: shared.length, values: shared.map((one) => one.n), changed: await thrown(() => { shared[0] = 1; }), frozen: await thrown(() => { "use strict"; shared[0].n = 9; }), again: shared[0].n });
  say("late shared", await thrown(() => new SharedArray("late", () => [])));
  say("late open", await thrown(() => open("./data.txt")));
  say("late metric", await thrown(() => new Counter("late")));
  say("encoding", [encoding.b64encode("ü?"), encoding.b64encode("ü?", "rawurl"), encoding.b64decode("w7w/", "std", "s"), encoding.b64decode("w7w_YQ", "rawurl", "s")]);
  say("wrong encoding", [await thrown(() => encoding.b64decode("w7w_")), await thrown(() => encoding.b64decode("w7w/YQ"))]);
  say("exec", { vu: exec.vu.idInTest, iteration: exec.vu.iterationInInstance, name: exec.scenario.name, executor: exec.scenario.executor, inTest: exec.scenario.iterationInTest, progress: exec.scenario.progress >= 0 && exec.scenario.progress <= 1, options: exec.test.options.tags.of_test });
}

export function handleSummary(data) {
  return { stdout: JSON.stringify(data), "written.json": "{}", stderr: "to stderr" };
}
`;
