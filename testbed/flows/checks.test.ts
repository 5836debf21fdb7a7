import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsIn } from "./checks.test-helper.ts";
import { accepted, befriend, type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import type { Exchange } from "./http.test-helper.ts";
import { hasOpenapi } from "./openapi.test-helper.ts";

const SKIPPED = "the draft's OpenAPI document (it is not part of a clone)";

/** An exchange between two servers of ours that nothing is wrong with. */
const FINE: Exchange = {
  server: "alpha",
  method: "POST",
  path: "/ocm/notifications",
  requestHeaders: { "user-agent": "koa-ocm", "content-type": "application/json" },
  requestBody: JSON.stringify({ notificationType: "SHARE_ACCEPTED", resourceType: "file", providerId: "x" }),
  status: 201,
  responseHeaders: { "content-type": "application/json", "x-request-id": "0123456789" },
  responseBody: "{}",
  complete: true,
};
const REFUSAL = { message: "No.", code: "forbidden", next: "Ask.", requestId: "0123456789" };

function faults(more: Partial<Exchange>, told: string[] = []): string[] {
  const traffic = [{ ...FINE, ...more }];
  return faultsIn({
    traffic,
    ours: new Set(["alpha"]),
    told: new Map([["alpha", told]]),
    secrets: new Set(["hunter-two"]),
  });
}

describe("What every flow is held to", () => {
  it("finds nothing in what is as it should be", () => {
    expect(faults({})).toEqual([]);
    expect(faults({ status: 403, responseBody: JSON.stringify(REFUSAL) })).toEqual([]);
  });

  it("finds secrets in a log, wherever in the traffic they were seen", () => {
    const share = { protocol: { webdav: { sharedSecret: "a-shared-secret" } } };
    const form = "grant_type=authorization_code&code=a-code-to-exchange";
    for (const [seen, secret] of [
      [{ server: "other", path: "/ocm/shares", requestBody: JSON.stringify(share) }, "a-shared-secret"],
      [{ server: "other", path: "/ocm/token", requestBody: form }, "a-code-to-exchange"],
      [{ server: "other", path: "/ocm/token", responseBody: '{"access_token":"ocm_token"}' }, "ocm_token"],
      [{ server: "other", path: "/dav/x", requestHeaders: { authorization: "Bearer some-bearer" } }, "some-bearer"],
      [{ server: "other", path: "/ocm/invite/accept?token=invite-token" }, "invite-token"],
      [{ server: "other" }, "hunter-two"],
    ] as [Partial<Exchange>, string][]) {
      const more = { ...seen, requestHeaders: { "user-agent": "another", ...seen.requestHeaders } };
      expect(faults(more, [`{"msg":"${secret}"}`])).toEqual([expect.stringContaining(secret)]);
      expect(faults(more, ['{"msg":"nothing"}'])).toEqual([]);
    }
  });

  it("finds code and missing fields in a refusal", () => {
    const refused = (body: object) => faults({ status: 403, responseBody: JSON.stringify({ ...REFUSAL, ...body }) });
    expect(refused({ message: "Error: x\n    at file.ts:10:3" })).toEqual([expect.stringContaining("shows code")]);
    expect(refused({ next: undefined })).toEqual([expect.stringContaining("lacks next")]);
    expect(refused({ requestId: "another-one" })).toEqual([expect.stringContaining("two request ids")]);
    expect(faults({ status: 403, responseBody: JSON.stringify(REFUSAL), responseHeaders: {} })).toEqual([
      expect.stringContaining("X-Request-Id"),
    ]);
  });
});

describe("The OpenAPI document", () => {
  it("finds what does not fit in our requests and in our answers, and in nobody else's", (test) => {
    if (!hasOpenapi) return test.skip(SKIPPED);
    const wrongRequest = { requestBody: '{"notificationType":3}' };
    expect(faults(wrongRequest)).toEqual([expect.stringContaining("providerId")]);
    expect(faults({ ...wrongRequest, requestHeaders: { "user-agent": "another" } })).toEqual([]);
    const wrongAnswer = { path: "/ocm/shares", requestHeaders: {}, responseBody: '{"recipientDisplayName":7}' };
    expect(faults(wrongAnswer)).toEqual([expect.stringContaining("recipientDisplayName")]);
    expect(faults({ ...wrongAnswer, server: "another" })).toEqual([]);
    const discovery = { method: "GET", path: "/.well-known/ocm", status: 200, responseBody: '{"enabled":true}' };
    expect(faults(discovery)).toEqual([expect.stringContaining("endPoint")]);
    const token = { path: "/ocm/token", requestBody: "code=x&client_id=localhost%3A1&grant_type=password" };
    expect(faults({ ...token, status: 200 })).toEqual([
      expect.stringContaining("grant_type"),
      expect.stringContaining("access_token"),
    ]);
    const refused = {
      status: 400,
      requestHeaders: {},
      path: "/ocm/token",
      responseBody: '{"error":"oops","error_description":"x"}',
    };
    expect(faults(refused)).toEqual([expect.stringContaining("error")]);
  });
});

describe.each(flowDatabases())("A whole flow on $name", (database) => {
  let world: Federation<"alpha" | "beta">;
  beforeAll(async () => {
    world = await federation(database, { alpha: {}, beta: {} });
  });
  afterAll(() => world.close());

  it("is recorded with every endpoint of the protocol, each asked by one of ours", async () => {
    const [alice, bob] = [await world.servers.alpha.person(), await world.servers.beta.person()];
    await befriend(alice, bob);
    const { received } = await accepted(alice, bob);
    expect((await bob.open(received)).status).toBe(200);
    const asked = world.traffic
      .filter(({ requestHeaders }) => requestHeaders["user-agent"] === "koa-ocm")
      .map(({ method, path, status }) => `${method} ${path.replace(/\/dav\/.*/, "/dav/…")} ${status}`);
    expect([...new Set(asked)].sort()).toEqual([
      "GET /.well-known/ocm 200",
      "GET /ocm/dav/… 200",
      "GET /ocm/jwks.json 200",
      "POST /ocm/invite-accepted 200",
      "POST /ocm/notifications 201",
      "POST /ocm/shares 201",
      "POST /ocm/token 200",
    ]);
  });
});
