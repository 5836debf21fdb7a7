import type http from "node:http";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TrustOptions } from "../options.ts";
import { machine } from "../system/machine.ts";
import { serve, type TestServer } from "../system/servers.test-helper.ts";
import { createConnections } from "./connections.ts";
import { createDiscoveryCache } from "./discovery-cache.ts";
import { createHttp } from "./http.ts";
import { createKeyCache, type KeyCache } from "./key-cache.ts";
import { createPeerSettings } from "./peer-settings.ts";
import { failureOf, type TestClock, withTestClock } from "./peers.test-helper.ts";
import { createTrust } from "./trust.ts";

const real = machine();
afterAll(() => real.close());
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

let clock: TestClock;
let documents: string[];
let keys: KeyCache;
function createKeys(trustOptions: TrustOptions = {}, base = real): KeyCache {
  const test = withTestClock(base);
  clock = test.clock;
  documents = [];
  const { system } = test;
  const settings = createPeerSettings({ "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } });
  const connections = createConnections({ settings, ownHost: "own.test" });
  const http = createHttp(system);
  const discovery = createDiscoveryCache({
    system,
    http,
    connections,
    onFetched: () => {},
    hasSpokenOcm: async () => false,
    isWanted: () => true,
  });
  return createKeyCache({
    system,
    http,
    connections,
    discovery,
    trust: createTrust(trustOptions, settings),
    onFetched: (host) => documents.push(host),
  });
}
beforeEach(() => {
  keys = createKeys();
});

/** What a peer publishes; the test may change it at any time. */
interface Published {
  kids: string[];
  jwksUri: string | null;
  /** Answers the request for keys in another way. */
  instead?: (response: http.ServerResponse) => void;
}
async function keyServer(): Promise<{ host: string; server: TestServer; published: Published; fetched(): number }> {
  const published: Published = { kids: ["k1"], jwksUri: "/ocm/jwks" };
  const jwksPath = () => published.jwksUri ?? "/.well-known/jwks.json";
  const server = await serve((request, response) => {
    const endPoint = `http://${request.headers.host}/ocm`;
    if (request.url === "/.well-known/ocm") {
      const fields = { enabled: true, apiVersion: "1.4.0", endPoint, resourceTypes: [], jwksUri: published.jwksUri };
      response.end(JSON.stringify(fields));
    } else if (request.url !== jwksPath()) {
      response.writeHead(404).end();
    } else if (published.instead) {
      published.instead(response);
    } else {
      const set = published.kids.map((kid) => ({ kty: "OKP", crv: "Ed25519", kid, x: "abc", alg: "Ed25519" }));
      response.setHeader("content-type", "application/jwk-set+json").end(JSON.stringify({ keys: set }));
    }
  });
  open.push(server.close);
  const fetched = () => server.requests.filter((line) => line === `GET ${jwksPath()}`).length;
  return { host: `localhost:${server.port}`, server, published, fetched };
}

describe("keys of peers", () => {
  it("come from the jwksUri of discovery (D-08)", async () => {
    const { host, server } = await keyServer();
    const key = { kty: "OKP", crv: "Ed25519", kid: "k1", x: "abc", alg: "Ed25519" };
    expect(await keys.find(host, "k1")).toEqual(key);
    expect(server.requests).toEqual(["GET /.well-known/ocm", "GET /ocm/jwks"]);
    expect(documents).toEqual([host]);
    expect(keys.peek(host)).toEqual({ keys: [key] });
  });

  it("come from /.well-known/jwks.json where discovery names none (SIG-01)", async () => {
    const { host, published, fetched } = await keyServer();
    published.jwksUri = null;
    expect((await keys.find(host, "k1"))?.kid).toBe("k1");
    expect(fetched()).toBe(1);
  });

  it("may be at another host, under the rules of the peer that named it (G-03)", async () => {
    const other = await keyServer();
    const { host, published, server } = await keyServer();
    published.jwksUri = `http://${other.host}/ocm/jwks`;
    expect((await keys.find(host, "k1"))?.kid).toBe("k1");
    expect(server.requests).toEqual(["GET /.well-known/ocm"]);
    published.jwksUri = "http://169.254.169.254/jwks";
    const failure = await failureOf(createKeys().find(host, "k1"));
    expect(failure.code).toBe("peer-address-refused");
    expect(failure.message).toContain("metadata");
  });

  it("are kept: fifty at once and a hundred later make two requests", async () => {
    const { host, server } = await keyServer();
    await Promise.all(Array.from({ length: 50 }, () => keys.find(host, "k1")));
    for (let n = 0; n < 100; n += 1) await keys.find(host, "k1");
    expect(server.requests).toHaveLength(2);
  });

  it("are fetched again when their hour is over", async () => {
    const { host, fetched } = await keyServer();
    await keys.find(host, "k1");
    await clock.advance(3_600_000);
    await keys.find(host, "k1");
    expect(fetched()).toBe(2);
  });

  it("are not asked of a host that is not allowed", async () => {
    const { host, server } = await keyServer();
    const failure = await failureOf(createKeys({ deny: ["localhost"] }).find(host, "k1"));
    expect([failure.code, failure.final]).toEqual(["peer-not-allowed", true]);
    expect(server.requests).toEqual([]);
  });

  it.each([
    ["a web page", (response: http.ServerResponse) => response.end("<html>"), "peer-bad-answer"],
    ["another object", (response: http.ServerResponse) => response.end('{"keys":{}}'), "peer-bad-answer"],
    [
      "a redirect",
      (response: http.ServerResponse) => response.writeHead(302, { location: "/" }).end(),
      "peer-redirect",
    ],
    ["an error", (response: http.ServerResponse) => response.writeHead(500).end(), "peer-error"],
    ["too much", (response: http.ServerResponse) => response.end(" ".repeat(300_000)), "peer-too-large"],
  ] as const)("fail when the peer answers with %s", async (_name, instead, code) => {
    const { host, published } = await keyServer();
    published.instead = instead;
    expect((await failureOf(keys.find(host, "k1"))).code).toBe(code);
  });
});

describe("an unknown kid", () => {
  it("makes one refetch of a burst of a hundred", async () => {
    const { host, fetched } = await keyServer();
    await keys.find(host, "k1");
    await clock.advance(60_000);
    const found = await Promise.all(Array.from({ length: 100 }, (_, n) => keys.find(host, `unknown${n}`)));
    expect(found.every((key) => key === undefined)).toBe(true);
    expect(fetched()).toBe(2);
  });

  it("makes no refetch right after a fetch, and one in ten seconds however often it comes", async () => {
    const { host, fetched } = await keyServer();
    for (let second = 0; second < 35; second += 1) {
      expect(await keys.find(host, `unknown${second}`)).toBeUndefined();
      await clock.advance(1_000);
    }
    expect(fetched()).toBe(4);
  });

  it("is found once the peer has published it", async () => {
    const { host, published } = await keyServer();
    await keys.find(host, "k1");
    published.kids = ["k1", "k2"];
    expect(await keys.find(host, "k2")).toBeUndefined();
    await clock.advance(10_000);
    expect((await keys.find(host, "k2"))?.kid).toBe("k2");
  });

  it("is looked for where the keys have moved to meanwhile", async () => {
    const { host, published } = await keyServer();
    await keys.find(host, "k1");
    published.jwksUri = "/new/jwks";
    published.kids = ["k2"];
    await clock.advance(60_000);
    expect((await keys.find(host, "k2"))?.kid).toBe("k2");
  });
});

describe("a peer that is down", () => {
  it("has its last keys for a day after they came", async () => {
    const { host, server } = await keyServer();
    await keys.find(host, "k1");
    await server.close();
    await clock.advance(23 * 3_600_000);
    expect((await keys.find(host, "k1"))?.kid).toBe("k1");
    expect((await failureOf(keys.find(host, "k2"))).code).toBe("peer-unreachable");
    await clock.advance(3_600_000);
    expect((await failureOf(keys.find(host, "k1"))).code).toBe("peer-unreachable");
  });

  it("is asked once in five seconds, whoever claims its name", async () => {
    const { host, server, published } = await keyServer();
    published.instead = (response) => response.writeHead(500).end();
    for (let n = 0; n < 20; n += 1) await failureOf(keys.find(host, `k${n}`));
    expect(server.requests).toEqual(["GET /.well-known/ocm", "GET /ocm/jwks"]);
    await clock.advance(5_000);
    await failureOf(keys.find(host, "k1"));
    expect(server.requests).toHaveLength(3);
  });
});

describe("a flood of claimed hosts", () => {
  it("is cut off beyond 256 lookups at once, but not for known peers", async () => {
    const waiting: (() => void)[] = [];
    const lookup = (name: string) =>
      name === "localhost"
        ? Promise.resolve(["127.0.0.1"])
        : new Promise<string[]>((_resolve, reject) => waiting.push(() => reject(new Error("no such name"))));
    const slow = machine({ lookup });
    open.push(slow.close);
    const flooded = createKeys({}, slow);
    const { host } = await keyServer();
    const lookups = Array.from({ length: 256 }, (_, n) => failureOf(flooded.find(`h${n}.test`, "k")));
    const failure = await failureOf(flooded.find("one-more.test", "k"));
    expect([failure.code, failure.final]).toEqual(["peer-unreachable", false]);
    expect(failure.message).toMatch(/too many hosts/);
    // The operator named it.
    expect((await flooded.find(host, "k1"))?.kid).toBe("k1");
    for (const end of waiting) end();
    await Promise.all(lookups);
    const later = failureOf(flooded.find("one-more.test", "k"));
    await real.soon();
    waiting.at(-1)?.();
    expect((await later).message).not.toMatch(/too many hosts/);
  });
});
