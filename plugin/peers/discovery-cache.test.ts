import type http from "node:http";
import { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PeerOptions } from "../options.ts";
import { PeerFailure } from "../ports/peer-client.ts";
import { machine } from "../system/machine.ts";
import { closedPort, makeCertificates, serve, type TestServer } from "../system/servers.test-helper.ts";
import { createConnections } from "./connections.ts";
import { createDiscoveryCache, type DiscoveryCache } from "./discovery-cache.ts";
import { createHttp } from "./http.ts";
import { createPeerSettings } from "./peer-settings.ts";
import { failureOf, type TestClock, withTestClock } from "./peers.test-helper.ts";

const real = machine();
afterAll(() => real.close());
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const lab: Record<string, PeerOptions> = {
  "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true },
  "127.0.0.1:*": { allowPrivateAddresses: true },
};

let clock: TestClock;
let outcomes: string[];
let cache: DiscoveryCache;
let spoken: Set<string>;
function createCache(peers = lab, ownHost = "own.test", lookup?: (name: string) => Promise<string[]>) {
  const base = lookup ? machine({ lookup }) : real;
  if (base !== real) open.push(base.close);
  const test = withTestClock(base);
  clock = test.clock;
  outcomes = [];
  spoken = new Set();
  return createDiscoveryCache({
    system: test.system,
    http: createHttp(test.system),
    connections: createConnections({ settings: createPeerSettings(peers), ownHost }),
    onFetched: (_host, outcome) => outcomes.push(outcome instanceof PeerFailure ? outcome.code : "found"),
    hasSpokenOcm: async (host) => spoken.has(host),
    isWanted: () => true,
  });
}
beforeEach(() => {
  cache = createCache();
});

const documentOf = (origin: string, more: object = {}) =>
  JSON.stringify({
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: `${origin}/ocm`,
    provider: "Test",
    resourceTypes: [{ name: "file", shareTypes: ["user"], protocols: { webdav: "/dav/" } }],
    ...more,
  });
async function server(handler: http.RequestListener): Promise<TestServer & { host: string }> {
  const started = await serve(handler);
  open.push(started.close);
  return Object.assign(started, { host: `localhost:${started.port}` });
}
/** Answers discovery at one path, and 404 elsewhere. */
const ocmAt =
  (path: string, headers: Record<string, string> = {}): http.RequestListener =>
  (request, response) => {
    if (request.url !== path) return response.writeHead(404).end("not here");
    const scheme = request.socket instanceof TLSSocket ? "https" : "http";
    response.writeHead(200, headers).end(documentOf(`${scheme}://${request.headers.host}`));
  };

describe("discovery", () => {
  it("asks /.well-known/ocm at the host and port of the address (DISC-10)", async () => {
    const peer = await server(ocmAt("/.well-known/ocm"));
    const { profile, origin } = await cache.get(peer.host, { requestId: "request-0001" });
    expect(profile).toMatchObject({ host: peer.host, endPoint: `http://${peer.host}/ocm`, provider: "Test" });
    expect(origin).toBe(`http://${peer.host}`);
    expect(peer.requests).toEqual(["GET /.well-known/ocm"]);
    expect(outcomes).toEqual(["found"]);
  });

  it.each(["/ocm-provider", "/ocm-provider/"])("falls back to %s, as older servers answer it", async (path) => {
    const peer = await server(ocmAt(path));
    expect((await cache.get(peer.host)).profile.provider).toBe("Test");
  });

  it.each([
    ["a web page", (response: http.ServerResponse) => response.end("<!doctype html>")],
    ["a redirect", (response: http.ServerResponse) => response.writeHead(301, { location: "/x" }).end()],
    ["an empty object", (response: http.ServerResponse) => response.end("{}")],
    ["a request to log in", (response: http.ServerResponse) => response.writeHead(401).end()],
  ])("falls back also when /.well-known/ocm answers with %s", async (_name, behave) => {
    const peer = await server((request, response) =>
      request.url === "/.well-known/ocm" ? behave(response) : ocmAt("/ocm-provider")(request, response),
    );
    expect((await cache.get(peer.host)).profile.provider).toBe("Test");
    expect(peer.requests).toEqual(["GET /.well-known/ocm", "GET /ocm-provider"]);
  });

  it("does not go on asking a server in trouble", async () => {
    const peer = await server((_request, response) => response.writeHead(503).end());
    const failure = await failureOf(cache.get(peer.host));
    expect([failure.code, failure.status, failure.final]).toEqual(["peer-error", 503, false]);
    expect(peer.requests).toEqual(["GET /.well-known/ocm"]);
  });

  it("says that a server is none of OCM, for good", async () => {
    const peer = await server((_request, response) => response.writeHead(404).end());
    const failure = await failureOf(cache.get(peer.host));
    expect([failure.code, failure.status, failure.final]).toEqual(["peer-not-ocm", 404, true]);
    expect(failure.message).toBe(
      `${peer.host} is not an OCM server: it answers neither at /.well-known/ocm nor at /ocm-provider.`,
    );
  });

  it("does not give up a peer that has spoken OCM before, whatever it answers in maintenance", async () => {
    let maintenance = false;
    const peer = await server((request, response) =>
      maintenance ? response.end("<html>") : ocmAt("/.well-known/ocm")(request, response),
    );
    await cache.get(peer.host);
    maintenance = true;
    expect((await failureOf(cache.get(peer.host, { maxAge: 0 }))).final).toBe(false);
    const restarted = createCache();
    spoken.add(peer.host);
    expect((await failureOf(restarted.get(peer.host))).final).toBe(false);
    expect((await failureOf(createCache().get(peer.host))).final).toBe(true);
  });

  it("reports a redirect to a metadata service with its target, and goes nowhere", async () => {
    const location = "http://169.254.169.254/latest/meta-data/";
    const peer = await server((_request, response) => response.writeHead(302, { location }).end());
    const failure = await failureOf(cache.get(peer.host));
    expect(failure.code).toBe("peer-redirect");
    expect(failure.message).toContain("169.254.169.254");
  });

  it.each([
    ["endPoint", { endPoint: undefined }],
    ["apiVersion", { apiVersion: undefined }],
    ["resourceTypes", { resourceTypes: 7 }],
    ["enabled", { enabled: "yes" }],
  ])("fails when the field %s is missing or mistyped, and names it (G-55)", async (field, more) => {
    const peer = await server((_request, response) => response.end(documentOf("http://localhost", more)));
    const failure = await failureOf(cache.get(peer.host));
    expect(failure.code).toBe("peer-not-ocm");
    expect(failure.message).toContain(field);
  });

  it("knows a server that is switched off (G-56)", async () => {
    const document = JSON.stringify({ enabled: false, endPoint: "", resourceTypes: [] });
    const peer = await server((_request, response) => response.end(document));
    expect((await cache.get(peer.host)).profile.enabled).toBe(false);
  });

  it.each(["", "a/b", "user@host.test", "UPPER.test", "a b", "host.test/", "https://host.test"])(
    "asks nobody for the host %j",
    async (host) => {
      const failure = await failureOf(cache.get(host));
      expect([failure.code, failure.final]).toEqual(["peer-not-ocm", true]);
    },
  );
});

describe("the scheme of discovery", () => {
  it("is https alone for everybody else", async () => {
    const peer = await server(ocmAt("/.well-known/ocm"));
    const failure = await failureOf(cache.get(`127.0.0.1:${peer.port}`));
    expect(failure.code).toBe("peer-tls");
    expect(peer.requests).toEqual([]);
  });

  it("is https before http where http is permitted (DISC-12)", async () => {
    const certificates = makeCertificates();
    const secure = await serve(ocmAt("/.well-known/ocm"), { tls: certificates.good });
    const plain = await serve(ocmAt("/.well-known/ocm"));
    open.push(secure.close, plain.close);
    const peers = { "good.test:*": { allowInsecureHttp: true, allowPrivateAddresses: true, ca: certificates.ca } };
    const either = createCache(peers, "own.test", async () => ["127.0.0.1"]);
    expect((await either.get(`good.test:${secure.port}`)).origin).toBe(`https://good.test:${secure.port}`);
    expect((await either.get(`good.test:${plain.port}`)).origin).toBe(`http://good.test:${plain.port}`);
  });

  it("is http before https for a name of this machine", async () => {
    const certificates = makeCertificates();
    const secure = await serve(ocmAt("/.well-known/ocm"), { tls: certificates.good });
    open.push(secure.close);
    const peers = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true, ca: certificates.ca } };
    expect((await createCache(peers).get(`localhost:${secure.port}`)).origin).toBe(`https://localhost:${secure.port}`);
    const plain = await server(ocmAt("/.well-known/ocm"));
    await cache.get(plain.host);
    expect(plain.connections).toBe(1);
  });

  it("tells of both the more telling failure", async () => {
    const plain = await serve((_request, response) => response.writeHead(404).end());
    open.push(plain.close);
    const peers = { "lab.test:*": { allowInsecureHttp: true, allowPrivateAddresses: true } };
    const labCache = createCache(peers, "own.test", async () => ["127.0.0.1"]);
    expect((await failureOf(labCache.get(`lab.test:${plain.port}`))).code).toBe("peer-not-ocm");
  });
});

describe("addresses", () => {
  it.each(["169.254.169.254", "10.0.0.1", "127.0.0.1", "::1", "fd00:ec2::254"])(
    "of a name that resolves to %s are refused",
    async (address) => {
      const strict = createCache({}, "own.test", async () => [address]);
      const failure = await failureOf(strict.get("innocent.test"));
      expect([failure.code, failure.final]).toEqual(["peer-address-refused", true]);
      expect(failure.message).toContain(address);
    },
  );

  it("that are refused are not connected to", async () => {
    const strict = createCache({}, "own.test", async () => ["127.0.0.1"]);
    const peer = await server(ocmAt("/.well-known/ocm"));
    await failureOf(strict.get(`innocent.test:${peer.port}`));
    expect(peer.connections).toBe(0);
  });

  it("of this server itself are not filtered", async () => {
    const peer = await server(ocmAt("/.well-known/ocm"));
    const own = createCache({}, peer.host);
    expect((await own.get(peer.host)).profile.host).toBe(peer.host);
  });
});

describe("the cache of discovery", () => {
  it("makes one request of fifty at the same time", async () => {
    const peer = await server((request, response) => {
      setTimeout(() => ocmAt("/.well-known/ocm")(request, response), 50);
    });
    const profiles = await Promise.all(Array.from({ length: 50 }, () => cache.get(peer.host)));
    expect(new Set(profiles).size).toBe(1);
    expect(peer.requests).toHaveLength(1);
  });

  it("keeps a document for an hour unless it says otherwise", async () => {
    const peer = await server(ocmAt("/.well-known/ocm"));
    await cache.get(peer.host);
    await clock.advance(3_599_000);
    await cache.get(peer.host);
    expect(peer.requests).toHaveLength(1);
    await clock.advance(1_000);
    await cache.get(peer.host);
    expect(peer.requests).toHaveLength(2);
  });

  it("follows Cache-Control", async () => {
    const peer = await server(ocmAt("/.well-known/ocm", { "cache-control": "max-age=120" }));
    await cache.get(peer.host);
    await clock.advance(121_000);
    await cache.get(peer.host);
    expect(peer.requests).toHaveLength(2);
  });

  it("fetches anew when asked to, and what is older than asked for", async () => {
    const peer = await server(ocmAt("/.well-known/ocm"));
    await cache.get(peer.host);
    await cache.get(peer.host, { maxAge: 0 });
    expect(peer.requests).toHaveLength(2);
    await clock.advance(6_000);
    await cache.get(peer.host, { maxAge: 10_000 });
    expect(peer.requests).toHaveLength(2);
    await cache.get(peer.host, { maxAge: 5_000 });
    expect(peer.requests).toHaveLength(3);
  });

  it("remembers a failure for five seconds, so that a dead peer is not asked by everyone in turn", async () => {
    const host = `localhost:${await closedPort()}`;
    const first = await failureOf(cache.get(host));
    expect(await failureOf(cache.get(host))).toBe(first);
    expect(outcomes).toEqual(["peer-unreachable"]);
    await clock.advance(5_000);
    expect(await failureOf(cache.get(host))).not.toBe(first);
    expect(outcomes).toHaveLength(2);
  });

  it("forgets the failure when the peer is well again", async () => {
    let ill = true;
    const peer = await server((request, response) =>
      ill ? response.writeHead(500).end() : ocmAt("/.well-known/ocm")(request, response),
    );
    await failureOf(cache.get(peer.host));
    ill = false;
    await cache.get(peer.host, { maxAge: 0 });
    expect((await cache.get(peer.host)).profile.host).toBe(peer.host);
    expect(peer.requests).toHaveLength(2);
  });

  it("does not serve a document past its lifetime because the peer is down", async () => {
    const peer = await server(ocmAt("/.well-known/ocm"));
    await cache.get(peer.host);
    await peer.close();
    await clock.advance(3_600_000);
    expect((await failureOf(cache.get(peer.host))).code).toBe("peer-unreachable");
    expect(cache.peek(peer.host)?.profile.host).toBe(peer.host);
  });

  it("asks no more than 256 hosts of strangers at once, and whom this server needs whatever goes on", async () => {
    const asked: string[] = [];
    const crowded = createDiscoveryCache({
      system: real,
      http: {
        getJson: ({ host }) => {
          asked.push(host);
          return new Promise(() => {});
        },
        getBytes: () => Promise.reject(new Error("No bytes are fetched.")),
        post: () => Promise.reject(new Error("Nothing is posted.")),
        close: () => {},
      },
      connections: createConnections({ settings: createPeerSettings(), ownHost: "own.test" }),
      onFetched: () => {},
      hasSpokenOcm: async () => false,
      isWanted: (host) => host === "needed.test",
    });
    const refused: Promise<PeerFailure>[] = [];
    for (let n = 0; n < 300; n += 1) {
      const outcome = crowded.get(`h${n}.test`);
      if (n >= 256) refused.push(failureOf(outcome));
    }
    for (const { code } of await Promise.all(refused)) expect(code).toBe("peer-unreachable");
    void crowded.get("needed.test");
    expect([asked.length, asked.at(-1)]).toEqual([257, "needed.test"]);
  });
});
