import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsIn } from "../flows/checks.test-helper.ts";
import { accepted, befriend, type Federation, federation, flowDatabases } from "../flows/federation.test-helper.ts";
import { exchange } from "../flows/http.test-helper.ts";
import type { Person } from "../flows/person.test-helper.ts";
import { eventually } from "../scenarios/steps.ts";
import { type Collected, collected } from "./collected.test-helper.ts";

const [database] = flowDatabases().filter(({ name }) => name.includes("SQLite"));
if (database === undefined) throw new Error("There is no SQLite to test on.");

const CALLER = "0af7651916cd43dd8448eb211c80319c";

let world: Federation<"alpha" | "beta">;
let alpha: Collected;
let beta: Collected;
let alice: Person;
let bob: Person;
/** What must be in nothing that is exported. */
let names: string[];

beforeAll(async () => {
  [alpha, beta] = [collected(), collected()];
  world = await federation(database, { alpha: { ocm: { telemetry: alpha } }, beta: { ocm: { telemetry: beta } } });
  [alice, bob] = [await world.servers.alpha.person(), await world.servers.beta.person()];
  await befriend(alice, bob);
  const share = await accepted(alice, bob, { path: "/secret plan.txt", permissions: ["read", "write"] });
  expect((await bob.open(share.received)).text).toBe("The content of /secret plan.txt");
  await bob.open(share.received);
  expect((await bob.ask("GET", "/shares/received/no-such-share")).status).toBe(404);
  const url = `${world.servers.alpha.origin}/ocm/dav/${share.sent}/`;
  const headers = { traceparent: `00-${CALLER}-b7ad6b7169203331-01` };
  expect((await exchange({ method: "PROPFIND", url, headers })).status).toBe(401);
  expect((await exchange({ method: "GET", url: `${world.servers.alpha.origin}/.well-known/ocm` })).status).toBe(200);
  expect((await exchange({ method: "HEAD", url: `${world.servers.alpha.origin}/ocm/jwks.json` })).status).toBe(200);
  names = [share.sent, share.received, alice.id, bob.id, "secret plan", "secret%20plan"];
  await alice.unshare(share.sent);
  await eventually("the end", async () => (await bob.receivedShare(share.received)).status === "ended" || undefined);
  await eventually("its delivery", async () => deliveriesOf(alpha).length >= 2 || undefined);
});

afterAll(() => world.close());

const deliveriesOf = (server: Collected) => server.spans().filter(({ name }) => name.startsWith("ocm.deliver "));
const idOf = (span: ReadableSpan) => span.spanContext().spanId;
const parentOf = (span: ReadableSpan, all: Collected) =>
  all.spans().find((each) => idOf(each) === span.parentSpanContext?.spanId);
const only = (spans: ReadableSpan[]): ReadableSpan => {
  const [span] = spans;
  if (span === undefined) throw new Error("There is no such span.");
  return span;
};

describe("Spans of what comes in", () => {
  it("are named by method and route, and carry the conventions' attributes", () => {
    const span = only(beta.named("POST /ocm/shares"));
    const { port } = new URL(world.servers.beta.origin);
    expect(span.kind).toBe(SpanKind.SERVER);
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.attributes).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/ocm/shares",
      "http.response.status_code": 201,
      "url.path": "/ocm/shares",
      "url.scheme": "http",
      "server.address": "localhost",
      "server.port": Number(port),
      "ocm.peer.host": world.servers.alpha.host,
      "ocm.decision": "share-received",
    });
    expect(span.attributes).not.toHaveProperty("error.type");
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
  });

  it("are there for constant documents too", () => {
    expect(only(alpha.named("GET /.well-known/ocm")).attributes["http.response.status_code"]).toBe(200);
    expect(only(alpha.named("HEAD /ocm/jwks.json")).attributes["http.response.status_code"]).toBe(200);
  });

  it("name a refusal, which is no error of this server's", () => {
    const span = only(
      beta
        .spans()
        .filter(({ attributes }) => attributes["http.response.status_code"] === 404 && attributes["http.route"]),
    );
    expect(span.attributes).toMatchObject({ "ocm.error.code": "not-found" });
    expect(span.attributes["url.path"]).toMatch(/^\/ocm\/api\/v1\/shares\/received\/REDACTED$/);
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
  });

  it("link to the trace that a request says it is of, and do not join it", () => {
    const span = only(alpha.named("PROPFIND /ocm/dav/*path"));
    expect(span.links).toEqual([
      { context: expect.objectContaining({ traceId: CALLER, spanId: "b7ad6b7169203331", isRemote: true }) },
    ]);
    expect(span.spanContext().traceId).not.toBe(CALLER);
    expect(span.parentSpanContext).toBeUndefined();
  });

  it("hold the verification of the signature, with its verdict", () => {
    const inShares = beta
      .named("ocm.verify_signature")
      .filter((span) => parentOf(span, beta)?.name === "POST /ocm/shares");
    const span = only(inShares);
    expect(span.kind).toBe(SpanKind.INTERNAL);
    expect(span.attributes).toEqual({
      "ocm.peer.host": world.servers.alpha.host,
      "ocm.signature.verdict": "valid",
    });
  });
});

describe("Spans of what goes out", () => {
  it("are named by method and template, and say where it went", () => {
    const span = only(alpha.named("POST {endPoint}/shares"));
    const { port } = new URL(world.servers.beta.origin);
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.attributes).toEqual({
      "http.request.method": "POST",
      "http.response.status_code": 201,
      "ocm.peer.host": world.servers.beta.host,
      "server.address": "localhost",
      "server.port": Number(port),
      "url.scheme": "http",
      "url.template": "{endPoint}/shares",
    });
    expect(parentOf(span, alpha)?.name).toBe("ocm.deliver share");
  });

  it("tell peers nothing of our traces", () => {
    const told = world.traffic.filter(({ requestHeaders }) => requestHeaders["user-agent"] === "koa-ocm");
    expect(told.length).toBeGreaterThan(5);
    for (const { requestHeaders } of told) {
      expect(requestHeaders).not.toHaveProperty("traceparent");
      expect(requestHeaders).not.toHaveProperty("tracestate");
      expect(requestHeaders).not.toHaveProperty("baggage");
    }
  });

  it("end when the content has come, within the request that wanted it", () => {
    const span = only(beta.named("GET {resource}"));
    const server = parentOf(span, beta);
    expect(server?.kind).toBe(SpanKind.SERVER);
    expect(server?.attributes["http.route"]).toContain("/content");
    expect(span.attributes["http.response.status_code"]).toBe(200);
  });

  it("stand below the exchange of the secret for a token", () => {
    const token = only(beta.named("POST {endPoint}/token"));
    const step = parentOf(token, beta);
    expect(step?.name).toBe("ocm.exchange_token");
    expect(step?.attributes).toEqual({ "ocm.peer.host": world.servers.alpha.host });
    expect(only(alpha.named("POST /ocm/token")).attributes["ocm.decision"]).toBe("token-issued");
  });
});

describe("Spans of deliveries", () => {
  it("begin a trace of their own, linked to the request that caused them", () => {
    const span = only(alpha.named("ocm.deliver share"));
    const request = only(alpha.named("POST /ocm/api/v1/shares/sent"));
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.links.map(({ context }) => context.spanId)).toEqual([idOf(request)]);
    expect(span.attributes).toMatchObject({
      "ocm.delivery.type": "share",
      "ocm.delivery.attempt": 1,
      "ocm.delivery.outcome": "acknowledged",
      "ocm.peer.host": world.servers.beta.host,
      "ocm.request.id": request.attributes["ocm.request.id"],
    });
  });

  it("are there for each message, also for the answer to the share", () => {
    const details = [...deliveriesOf(alpha), ...deliveriesOf(beta)].map(
      ({ attributes }) => attributes["ocm.delivery.detail"],
    );
    expect(details).toEqual(expect.arrayContaining(["SHARE_ACCEPTED", "SHARE_UNSHARED"]));
  });
});

describe("Metrics", () => {
  it("measure what comes in, by route and status, in seconds", async () => {
    const points = await beta.points("http.server.request.duration");
    const shares = points.find(({ attributes }) => attributes["http.route"] === "/ocm/shares");
    expect(shares).toMatchObject({
      unit: "s",
      value: 1,
      attributes: { "http.request.method": "POST", "http.response.status_code": 201, "url.scheme": "http" },
      boundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    });
    expect(shares?.sum).toBeGreaterThan(0);
    expect(shares?.sum).toBeLessThan(60);
  });

  it("measure what goes out, by peers that the operator has named", async () => {
    const points = await alpha.points("http.client.request.duration");
    const shares = points.find(({ attributes }) => attributes["url.template"] === "{endPoint}/shares");
    expect(shares).toMatchObject({ unit: "s", value: 1 });
    expect(shares?.attributes).toMatchObject({ "server.address": "localhost", "http.response.status_code": 201 });
  });

  it("count decisions, deliveries, verdicts and lookups", async () => {
    const counts = async (server: Collected, name: string, key: string) =>
      Object.fromEntries((await server.points(name)).map(({ attributes, value }) => [attributes[key], value]));
    expect(await counts(alpha, "ocm.shares", "ocm.decision")).toMatchObject({ "share-created": 1, "share-revoked": 1 });
    expect(await counts(beta, "ocm.shares", "ocm.direction")).toHaveProperty("incoming");
    expect(await counts(beta, "ocm.shares", "ocm.decision")).toMatchObject({
      "share-received": 1,
      "share-accepted": 1,
    });
    expect(await counts(alpha, "ocm.invites", "ocm.decision")).toMatchObject({ "invite-created": 1 });
    expect(await counts(alpha, "ocm.tokens", "ocm.decision")).toEqual({ "token-issued": 1 });
    expect(await counts(alpha, "ocm.deliveries", "ocm.delivery.outcome")).toHaveProperty("acknowledged");
    const durations = await alpha.points("ocm.delivery.duration");
    expect(durations.map(({ unit }) => unit)).toContain("s");
    const { valid } = await counts(alpha, "ocm.signatures", "ocm.signature.verdict");
    expect(valid).toBeGreaterThanOrEqual(3);
    const lookups = (await alpha.points("ocm.cache")).map(
      ({ attributes }) => `${attributes["ocm.cache.name"]} ${attributes["ocm.cache.result"]}`,
    );
    expect(lookups).toEqual(expect.arrayContaining(["discovery hit", "discovery miss", "keys hit", "keys miss"]));
  });

  it("show what waits, for each type, and which peers answer", async () => {
    const backlog = await alpha.points("ocm.delivery.backlog");
    const series = backlog.map(
      ({ attributes }) => `${attributes["ocm.delivery.type"]} ${attributes["ocm.delivery.state"]}`,
    );
    expect(series.sort()).toEqual(
      ["contact", "hook", "invite-accepted", "notification", "share"].flatMap((type) => [
        `${type} parked`,
        `${type} waiting`,
      ]),
    );
    const peers = await alpha.points("ocm.peers");
    const by = Object.fromEntries(peers.map(({ attributes, value }) => [attributes["ocm.peer.state"], value]));
    expect(by).toEqual({ ok: 1, unreachable: 0 });
  });
});

describe("Privacy", () => {
  it("keeps secrets, people, shares and files out of everything that is exported", async () => {
    const lines = [...(await alpha.lines()), ...(await beta.lines())];
    expect(lines.length).toBeGreaterThan(50);
    const told = new Map([["an exporter", lines]]);
    const secrets = new Set([...world.secrets, alice.account.password, bob.account.password]);
    expect(faultsIn({ traffic: world.traffic, ours: new Set(), told, secrets })).toEqual([]);
    for (const name of names) expect(lines.filter((line) => line.includes(name))).toEqual([]);
  });

  it("knows few values of each attribute of a metric", async () => {
    const known = new Set([
      ...["http.request.method", "http.response.status_code", "http.route", "url.scheme", "url.template"],
      ...["server.address", "server.port", "error.type", "ocm.decision", "ocm.direction", "ocm.transfer.of"],
      ...["ocm.delivery.type", "ocm.delivery.outcome", "ocm.delivery.state", "ocm.peer.state"],
      ...["ocm.signature.verdict", "ocm.cache.name", "ocm.cache.result"],
    ]);
    for (const { name, attributes } of [...(await alpha.points()), ...(await beta.points())]) {
      expect({ name, strange: Object.keys(attributes).filter((key) => !known.has(key)) }).toEqual({
        name,
        strange: [],
      });
    }
  });
});
