import { beforeAll, describe, expect, it } from "vitest";
import { type Documented, runDocumented } from "./documented.test-helper.ts";

// Each group names the page of k6's documentation that it rests on; its sentences are shortened.

const SCRIPT = `
const initRequest = await thrown(() => http.asyncRequest("GET", origin));
const place = origin.slice("http://".length);

export const options = {
  hosts: { "elsewhere.example:80": place, "*.wild.example": place, "near.wild.example": "127.0.0.1:9" },
  thresholds: { "http_reqs{endpoint:tagged}": ["count==1"] },
};

export default async function () {
  say("init", initRequest);
  say("get", (await ask("/echo", { headers: { "X-Own": "1" }, tags: { endpoint: "tagged" } })).status);
  say("own header", (await ask("/echo", { headers: { "X-Own": "1" } })).json("headers.x-own"));
  say("form", (await ask("/echo", {}, "POST", { a: "1", b: "zwei drei" })).json());
  say("text", (await ask("/echo", {}, "PUT", "text")).json());
  say("bytes", (await ask("/echo", {}, "POST", new Uint8Array([1, 2, 3]).buffer)).json("bytes"));
  const binary = await ask("/status/200", { responseType: "binary" });
  say("binary", [binary.body instanceof ArrayBuffer, binary.body.byteLength]);
  say("none", (await ask("/echo", { responseType: "none" })).body);
  say("followed", (await ask("/redirect/2")).url.slice(origin.length));
  say("many redirects", (await ask("/redirect/11")).url.slice(origin.length));
  say("redirects", (await ask("/redirect/2", { redirects: 1 })).url.slice(origin.length));
  say("slow", [(await ask("/slow/5000", { timeout: "100ms" })).error_code, (await ask("/slow/5000", { timeout: 100 })).error_code]);
  say("basic", (await http.asyncRequest("GET", origin.replace("//", "//user:pass@") + "/echo")).json("headers.authorization"));
  say("hosts", (await http.get("http://elsewhere.example/echo")).json("headers.host"));
  say("wild host", (await http.get("http://far.off.wild.example/echo")).json("headers.host"));
  say("nearer host", (await http.get("http://near.wild.example/echo")).error_code);
  const calls = [http.get(origin + "/echo"), http.post(origin + "/echo", "x"), http.put(origin + "/echo", "x"), http.patch(origin + "/echo", "x"),
    http.del(origin + "/echo"), http.options(origin + "/echo"), http.request("PROPFIND", origin + "/echo")];
  say("methods", (await Promise.all(calls)).map((one) => one.json("method")));
  say("head", (await http.head(origin + "/echo")).status);

  const batch = await http.batch([origin + "/status/200", ["POST", origin + "/status/201", "x"], { method: "GET", url: origin + "/status/202" }]);
  say("batch", batch.map((one) => one.status));
  say("batch by name", (await http.batch({ first: origin + "/status/200", second: { method: "GET", url: origin + "/status/202" } })).second.status);
  const from = Date.now();
  await http.batch(Array(7).fill(origin + "/slow/300"));
  say("batch of seven", Date.now() - from);
}`;

let k6: Documented;
beforeAll(async () => {
  k6 = await runDocumented(SCRIPT);
}, 60_000);

describe("k6/http", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-http/
  it("has a function for each method, and request for any", () => {
    expect(k6.seen("methods")).toEqual(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]);
    expect(k6.seen("head")).toBe(200);
  });
});

describe("asyncRequest", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-http/asyncrequest/
  it("gives a Promise with a Response", () => expect(k6.seen("get")).toBe(200));

  it("encodes objects as x-www-form-urlencoded, and says so in a header", () =>
    expect(k6.seen("form")).toMatchObject({
      body: "a=1&b=zwei+drei",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    }));

  it("sends text as it is, and an ArrayBuffer", () => {
    expect(k6.seen("text")).toMatchObject({ method: "PUT", body: "text" });
    expect(k6.seen("bytes")).toBe(3);
  });
});

describe("Params", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-http/params/
  it("headers are added to the request", () => expect(k6.seen("own header")).toBe("1"));

  it("tags are on what is measured of the request", () =>
    expect(k6.values("http_reqs{endpoint:tagged}").count).toBe(1));

  it("redirects is the number of redirects to follow", () => expect(k6.seen("redirects")).toBe("/redirect/1"));

  it("responseType is binary: an ArrayBuffer", () => expect(k6.seen("binary")).toEqual([true, 9]));

  it("responseType is none: null, the whole body is ignored", () => expect(k6.seen("none")).toBeNull());

  it("timeout is a text, or a number of milliseconds", () => expect(k6.seen("slow")).toEqual([1050, 1050]));
});

describe("HTTP authentication", () => {
  // https://grafana.com/docs/k6/latest/examples/http-authentication/
  it("username and password in the address are used for Basic", () =>
    expect(k6.seen("basic")).toBe(`Basic ${btoa("user:pass")}`));
});

describe("batch", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-http/batch/
  it("takes texts, arrays and objects, and answers in an array where it was given one", () =>
    expect(k6.seen("batch")).toEqual([200, 201, 202]));

  it("answers by the same names where it was given an object", () => expect(k6.seen("batch by name")).toBe(202));

  // https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#batch-per-host
  it("has no more than six requests to one host under way", () => {
    expect(k6.seen("batch of seven")).toBeGreaterThanOrEqual(590);
  });
});

describe("options of requests", () => {
  // https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#hosts
  it("hosts says where a host is, by its port or without; the header Host stays", () =>
    expect(k6.seen("hosts")).toBe("elsewhere.example"));

  it("hosts may begin with an asterisk for all below", () => {
    expect(k6.seen("wild host")).toBe("far.off.wild.example");
    expect(k6.seen("nearer host")).toBe(1212);
  });

  // https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#max-redirects
  it("maxRedirects: ten are followed", () => {
    expect(k6.seen("followed")).toBe("/redirect/0");
    expect(k6.seen("many redirects")).toBe("/redirect/1");
  });
});

describe("the init context", () => {
  // https://grafana.com/docs/k6/latest/using-k6/test-lifecycle/
  it("cannot make HTTP requests", () => expect(k6.seen("init")).toMatch(/init context/));
});
