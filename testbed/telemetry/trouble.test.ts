import { request } from "node:http";
import { SpanStatusCode } from "@opentelemetry/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accepted, befriend, type Federation, federation, flowDatabases } from "../flows/federation.test-helper.ts";
import { basicHeader } from "../flows/host.test-helper.ts";
import type { Person } from "../flows/person.test-helper.ts";
import { eventually } from "../scenarios/steps.ts";
import { type Collected, collected } from "./collected.test-helper.ts";

const [database] = flowDatabases().filter(({ name }) => name.includes("SQLite"));
if (database === undefined) throw new Error("There is no SQLite to test on.");

/** A machine's own resolver knows it; the operator relaxes what has to be, and vouches for nobody. */
const UNVOUCHED = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true, known: false } };

let world: Federation<"alpha" | "beta">;
let alpha: Collected;
let beta: Collected;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  [alpha, beta] = [collected(), collected()];
  world = await federation(database, {
    alpha: { ocm: { telemetry: alpha, peers: UNVOUCHED } },
    beta: { ocm: { telemetry: beta } },
  });
  [alice, bob] = [await world.servers.alpha.person(), await world.servers.beta.person()];
  await befriend(alice, bob);
});
afterAll(() => world.close());

const sum = (points: { value: number }[]) => points.reduce((total, { value }) => total + value, 0);

describe("While content flows", () => {
  it("both servers count it, until it has come or the reader has gone", async () => {
    const { received } = await accepted(alice, bob, { path: "/large.bin" });
    await alice.put("/large.bin", "x".repeat(24 * 1024 * 1024));
    const flowing = async () => [
      (await alpha.points("ocm.transfers")).map(({ attributes, value }) => [attributes["ocm.transfer.of"], value]),
      (await beta.points("ocm.transfers")).map(({ attributes, value }) => [attributes["ocm.transfer.of"], value]),
    ];
    const url = `${world.servers.beta.origin}/ocm/api/v1/shares/received/${encodeURIComponent(received)}/content`;
    const download = request(url, { headers: { authorization: basicHeader(bob.account) } });
    const answer = Promise.withResolvers<void>();
    download.on("response", (response) => {
      response.pause();
      answer.resolve();
    });
    download.on("error", () => {});
    download.end();
    await answer.promise;
    expect(await flowing()).toEqual([[["own", 1]], [["received", 1]]]);
    expect(beta.named("GET {resource}")).toEqual([]);
    download.destroy();
    await eventually("the end of the transfers", async () => {
      const [own, received] = await flowing();
      return (own?.[0]?.[1] === 0 && received?.[0]?.[1] === 0) || undefined;
    });
    const broken = await eventually("the span of the request", async () =>
      beta.spans().find(({ attributes }) => attributes["ocm.response.complete"] === false),
    );
    expect(broken.attributes["http.route"]).toContain("/content");
    expect(broken.status.code).toBe(SpanStatusCode.UNSET);
  });
});

describe("While a peer is gone", () => {
  it("the backlog, the unreachable peer and the failures show, and later that it is back", async () => {
    await alice.put("/file.txt", "content");
    await world.servers.beta.down();
    const share = await alice.share("/file.txt", bob.address);
    expect(share.status).toBe("announcing");
    const failed = await eventually("a failed attempt", async () =>
      alpha.named("ocm.deliver share").find(({ attributes }) => attributes["ocm.delivery.outcome"] === "will-retry"),
    );
    expect(failed.status.code).toBe(SpanStatusCode.ERROR);
    expect(failed.attributes["error.type"]).toBe("peer-unreachable");
    const children = alpha
      .spans()
      .filter(({ parentSpanContext }) => parentSpanContext?.spanId === failed.spanContext().spanId);
    expect(children.map(({ attributes }) => attributes["error.type"])).toContain("connect");

    // What was counted less than ten seconds ago is not counted again.
    const backlog = async () => {
      world.clock.advance(11_000);
      const points = await alpha.points("ocm.delivery.backlog");
      return points.filter(({ value }) => value > 0).map(({ attributes, value }) => ({ ...attributes, value }));
    };
    expect(await backlog()).toEqual([
      expect.objectContaining({ "ocm.delivery.type": "share", "ocm.delivery.state": "waiting", value: 1 }),
    ]);
    const peers = async () =>
      Object.fromEntries(
        (await alpha.points("ocm.peers")).map(({ attributes, value }) => [attributes["ocm.peer.state"], value]),
      );
    await eventually("an open breaker", async () => {
      world.clock.advance(20_000);
      return (await peers()).unreachable === 1 || undefined;
    });
    expect(await peers()).toEqual({ ok: 0, unreachable: 1 });

    await world.servers.beta.up();
    await eventually("the delivery", async () => {
      world.clock.advance(30_000);
      return (await alice.sent(share.id)).status === "pending" || undefined;
    });
    const attempts = alpha.named("ocm.deliver share").filter(({ links }) => links.length === 1);
    const causes = attempts.map(({ links }) => links[0]?.context.spanId);
    expect(new Set(causes.slice(-2)).size).toBe(1);
    await eventually("an empty backlog", async () => (await backlog()).length === 0 || undefined);
    expect(await peers()).toEqual({ ok: 1, unreachable: 0 });
  });

  it("peers that the operator does not vouch for are not told apart in metrics", async () => {
    const points = await alpha.points("http.client.request.duration");
    expect(sum(points)).toBeGreaterThan(5);
    expect([...new Set(points.map(({ attributes }) => attributes["server.address"]))]).toEqual(["_OTHER"]);
    expect(points.filter(({ attributes }) => "server.port" in attributes)).toEqual([]);
    expect(points.map(({ attributes }) => attributes["error.type"])).toContain("connect");
  });
});

describe("A signature that does not hold", () => {
  it("is counted by the reason, and fails the span", async () => {
    const peer = await world.fakePeer();
    const json = peer.notice(bob.address, { name: "unsigned" });
    const body = JSON.stringify(json);
    const answer = await fetch(`${world.servers.beta.origin}/ocm/shares`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(answer.status).toBe(401);
    const verdicts = (await beta.points("ocm.signatures")).map(({ attributes }) => attributes["ocm.signature.verdict"]);
    expect(verdicts).toContain("signature-missing");
    const span = beta
      .named("ocm.verify_signature")
      .find(({ attributes }) => attributes["ocm.signature.verdict"] === "signature-missing");
    expect(span?.attributes["error.type"]).toBe("signature-missing");
    expect(span?.attributes["ocm.peer.host"]).toBe(peer.host);
  });
});
