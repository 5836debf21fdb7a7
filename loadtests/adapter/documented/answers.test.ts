import { beforeAll, describe, expect, it } from "vitest";
import { type Documented, runDocumented } from "./documented.test-helper.ts";

// Each group names the page of k6's documentation that it rests on; its sentences are shortened.

const SCRIPT = `
export const options = {
  thresholds: { "http_reqs{expected_response:true}": ["count>0"], "http_reqs{expected_response:false}": ["count>0"],
    "http_reqs{error_code:1404}": ["count>0"], "http_req_failed{own:none}": ["rate<1"], "http_req_failed{own:per-request}": ["rate<1"],
    "http_req_failed{own:redirected}": ["rate<1"], "http_req_failed{own:set}": ["rate<1"] },
};

export default async function () {
  const get = await ask("/echo");
  say("get", { status: get.status, type: get.headers["Content-Type"], timings: get.timings, url: get.url.slice(origin.length), proto: get.proto,
    method: get.request.method, error: get.error, error_code: get.error_code, text: get.status_text });
  say("json", [get.json().method, get.json("deep.list.0.x"), get.json("deep.none") === undefined]);
  const missing = await ask("/status/404");
  say("missing", { status: missing.status, code: missing.error_code });
  say("broken", (await ask("/status/503")).error_code);
  say("slow", (await ask("/slow/5000", { timeout: "100ms" })).error_code);
  const refused = await http.asyncRequest("GET", __ENV.DEAD);
  say("refused", { code: refused.error_code, hasError: refused.error !== "" });

  await ask("/status/404", { tags: { own: "per-request" }, responseCallback: http.expectedStatuses(404, { min: 500, max: 599 }) });
  await ask("/status/503", { tags: { own: "per-request" }, responseCallback: http.expectedStatuses(404, { min: 500, max: 599 }) });
  await ask("/redirect/1", { tags: { own: "redirected" }, responseCallback: http.expectedStatuses(200) });
  await ask("/status/404", { tags: { own: "none" }, responseCallback: null });
  http.setResponseCallback(http.expectedStatuses({ min: 400, max: 499 }));
  await ask("/status/404", { tags: { own: "set" } });
  await ask("/status/200", { tags: { own: "set" } });
}`;

let k6: Documented;
beforeAll(async () => {
  k6 = await runDocumented(SCRIPT);
}, 60_000);

describe("Response", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-http/response/
  it("has status, status_text, proto, and the request", () =>
    expect(k6.seen("get")).toMatchObject({
      status: 200,
      text: "200 OK",
      proto: "HTTP/1.1",
      method: "GET",
      url: "/echo",
    }));

  // The page says that each is a list of values; its examples, and the types, say that it is text. Scripts here read it either way.
  it("headers have canonical names", () => expect(k6.seen("get")).toMatchObject({ type: "application/json" }));

  it("timings: duration is sending, waiting and receiving together", () => {
    const { timings } = k6.seen("get") as { timings: Record<string, number> };
    const { duration = 0, sending = 0, waiting = 0, receiving = 0 } = timings;
    expect(duration).toBeCloseTo(sending + waiting + receiving, 6);
    expect(duration).toBeGreaterThan(0);
    expect(Object.keys(timings)).toEqual(expect.arrayContaining(["blocked", "connecting", "tls_handshaking"]));
  });

  it("error and error_code tell of errors only", () =>
    expect(k6.seen("get")).toMatchObject({ error: "", error_code: 0 }));
});

describe("Response.json", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-http/response/response-json/
  it("gives the body as an object, or the part of it that a selector names", () =>
    expect(k6.seen("json")).toEqual(["GET", 7, true]));
});

describe("error codes", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/error-codes/
  it("1400 to 1499 and 1500 to 1599 are statuses, and nothing else is an error of them", () => {
    expect(k6.seen("missing")).toEqual({ status: 404, code: 1404 });
    expect(k6.seen("broken")).toBe(1503);
  });

  it("1050: the request has timed out", () => expect(k6.seen("slow")).toBe(1050));

  it("1212: the connection was refused, and error says more", () =>
    expect(k6.seen("refused")).toEqual({ code: 1212, hasError: true }));

  it("the code is a tag, too", () => expect(k6.values("http_reqs{error_code:1404}").count).toBe(4));
});

describe("setResponseCallback", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-http/set-response-callback/
  it("200 to 399 are expected by default, and requests are tagged by whether they were", () => {
    // Of those before any callback: /echo; and 404, 503, the slow one and the refused one.
    expect(k6.values("http_reqs{expected_response:true}").count).toBe(1 + 2 + 1 + 1);
    expect(k6.values("http_reqs{expected_response:false}").count).toBe(4 + 1 + 1);
  });

  it("holds for requests after it", () => expect(k6.values("http_req_failed{own:set}").rate).toBe(0.5));

  it("null: nothing is said of success", () =>
    expect(k6.values("http_req_failed{own:none}")).toMatchObject({ rate: 0 }));

  it("looks at each redirect by itself", () => expect(k6.values("http_req_failed{own:redirected}").rate).toBe(0.5));
});

describe("expectedStatuses", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-http/expected-statuses/
  it("takes numbers and ranges, for one request by Params.responseCallback", () =>
    expect(k6.values("http_req_failed{own:per-request}").rate).toBe(0));
});
