import { beforeAll, describe, expect, it } from "vitest";
import { type Documented, runDocumented } from "./documented.test-helper.ts";

// What k6's documentation is silent about, or leaves open: so it is here, from what is known of k6 otherwise. Nothing that the scripts need
// rests on this alone.

const SCRIPT = `
const rate = new Rate("own_rate");
const trend = new Trend("own_trend");

export const options = {
  summaryTrendStats: ["p(90)", "p(95)", "p(99)"],
  thresholds: { "http_reqs{never:seen}": ["count==0"], "own_rate": ["rate>0"] },
};

export function setup() { return { from: "setup" }; }

export default async function () {
  const text = await ask("/status/200");
  say("bad json", await thrown(() => text.json()));
  say("selector", await thrown(async () => (await ask("/echo")).json("deep.list.#.x")));
  say("two", text.headers["X-Two"]);
  const slow = await ask("/slow/5000", { timeout: "100ms" });
  say("timeout", { status: slow.status, error: slow.error, body: slow.body });
  say("refused", (await http.asyncRequest("GET", __ENV.DEAD)).status);
  say("named", (await asyncRequest("GET", origin + "/echo")).status);
  await ask("/cookie");
  await ask("/cookie");
  say("wrong encoding", [await thrown(() => encoding.b64decode("w7w_")), await thrown(() => encoding.b64decode("w7w/YQ"))]);
  for (const value of [1, 2, 3]) trend.add(value);
  rate.add(1); rate.add(0); rate.add(0);
}`;

let k6: Documented;
beforeAll(async () => {
  k6 = await runDocumented(SCRIPT);
}, 60_000);

describe("the adapter, where k6's documentation says nothing", () => {
  it("json fails on what is no JSON", () => expect(k6.seen("bad json")).toMatch(/cannot parse json/));

  it("json refuses selectors that it does not know, though k6 may", () =>
    expect(k6.seen("selector")).toMatch(/deep\.list\.#\.x is not known here/));

  it("several values of a header are one text", () => expect(k6.seen("two")).toBe("a, b"));

  it("without an answer the status is 0 and there is no body", () => {
    expect(k6.seen("timeout")).toEqual({ status: 0, error: "request timeout", body: null });
    expect(k6.seen("refused")).toBe(0);
  });

  it("functions of a module can be imported by name", () => expect(k6.seen("named")).toBe(200));

  it("cookies are not kept, and that is said once", () =>
    expect(k6.ran.stderr.match(/WARN Cookies are not kept here/g)).toHaveLength(1));

  it("b64decode reads the variant that it is told, and no other", () =>
    expect(k6.seen("wrong encoding")).toEqual(Array(2).fill("illegal base64 data, as std")));

  it("percentiles are interpolated between neighbours", () =>
    expect(k6.values("own_trend")).toEqual({ "p(90)": 2.8, "p(95)": 2.9, "p(99)": 2.98 }));

  it("a rate has passes and fails", () =>
    expect(k6.values("own_rate")).toEqual({ rate: expect.closeTo(1 / 3), passes: 1, fails: 2 }));

  it("a metric with a threshold is in the summary, seen or not", () =>
    expect(k6.data.metrics["http_reqs{never:seen}"]).toMatchObject({
      values: { count: 0 },
      thresholds: { "count==0": { ok: true } },
    }));

  it("what setup gave is in the data of handleSummary", () => expect(k6.data.setup_data).toEqual({ from: "setup" }));
});
