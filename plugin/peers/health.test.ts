import { beforeEach, describe, expect, it } from "vitest";
import type { PeerRecord } from "../ports/records.ts";
import { closedPort } from "../system/servers.test-helper.ts";
import { LAB, message, STRANGER, type TestClientOptions, testClient, testPeer } from "./client.test-helper.ts";
import type { ManagedPeerClient } from "./client.ts";
import { failureOf, type listLogger, type memoryPeers, type TestClock } from "./peers.test-helper.ts";

let client: ManagedPeerClient;
let clock: TestClock;
let store: ReturnType<typeof memoryPeers>;
let logger: ReturnType<typeof listLogger>;
function use(options: TestClientOptions = {}) {
  ({ client, clock, store, logger } = testClient(options));
}
beforeEach(() => use());

describe("the breaker of a peer", () => {
  const failThrice = async (host: string) => {
    for (let n = 0; n < 3; n += 1) {
      await failureOf(client.discover(host, { fresh: true }));
    }
  };

  it("opens after three attempts without an answer, and then nothing is sent", async () => {
    const { host, server, script } = await testPeer();
    script.discovery = (request) => request.socket.destroy();
    await failThrice(host);
    expect(client.isUnreachable(host)).toBe(true);
    const { connections } = server;
    const request = { host, method: "GET", url: `http://${host}/dav`, headers: {}, requestId: "request-0001" };
    const attempts = [client.post(message(host)), client.discover(host), client.stream(request)];
    for (const attempt of attempts) expect((await failureOf(attempt)).message).toMatch(/has not answered since/);
    expect(server.connections).toBe(connections);
    expect(logger.lines[0]).toMatch(/^The peer is unreachable: /);
  });

  it("still gives what is cached", async () => {
    const { host, script } = await testPeer();
    await client.discover(host);
    script.discovery = (request) => request.socket.destroy();
    await failThrice(host);
    expect((await client.discover(host)).host).toBe(host);
  });

  it("is closed by a probe in the background once the peer is back, if probing was started", async () => {
    const { host, script } = await testPeer();
    await client.start();
    script.discovery = (request) => request.socket.destroy();
    await failThrice(host);
    script.discovery = undefined;
    await clock.advance(5_000);
    await expect.poll(() => client.isUnreachable(host)).toBe(false);
    expect(logger.lines).toContain("The peer can be reached again.");
  });

  it("lets one request through after a while where nobody probes", async () => {
    const { host, server, script } = await testPeer();
    script.discovery = (request) => request.socket.destroy();
    await failThrice(host);
    script.discovery = undefined;
    const before = server.connections;
    await clock.advance(60_000);
    expect(server.connections).toBe(before);
    expect((await client.post(message(host))).status).toBe(201);
    expect(client.isUnreachable(host)).toBe(false);
  });

  it("counts a gateway's answer as none, but not the peer's own 503", async () => {
    const { host, script } = await testPeer((_request, response) => response.writeHead(503).end('{"message":"busy"}'));
    for (let n = 0; n < 5; n += 1) await client.post(message(host));
    expect(client.isUnreachable(host)).toBe(false);
    script.api = (_request, response) => response.writeHead(502).end("<html>Bad Gateway");
    for (let n = 0; n < 3; n += 1) expect((await client.post(message(host))).status).toBe(502);
    expect(client.isUnreachable(host)).toBe(true);
  });

  it("does not open for a peer that answers with rubbish, and not for a refused address", async () => {
    const { host, script } = await testPeer();
    script.discovery = (_request, response) => response.end("<html>");
    await failThrice(host);
    expect(client.isUnreachable(host)).toBe(false);
    script.discovery = undefined;
    script.fields = { endPoint: "http://169.254.169.254/" };
    await client.discover(host, { fresh: true });
    for (let n = 0; n < 4; n += 1) await failureOf(client.post(message(host)));
    expect(client.isUnreachable(host)).toBe(false);
  });

  it("leaves others alone: fifty dead peers cost a healthy one nothing", async () => {
    const { host } = await testPeer();
    const port = await closedPort();
    const dead = Array.from({ length: 50 }, (_, n) => `127.0.0.${n + 2}:${port}`);
    use({
      peers: { ...LAB, ...Object.fromEntries(dead.map((name) => [name, { ...LAB["localhost:*"] }])) },
    });
    await Promise.all(dead.map(failThrice));
    expect(dead.every((name) => client.isUnreachable(name))).toBe(true);
    const start = performance.now();
    expect((await client.post(message(host))).status).toBe(201);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("the registry of peers", () => {
  const written = async () => {
    await clock.advance(1_000);
    await expect.poll(() => store.writes).toBeGreaterThan(0);
  };

  it("keeps discovery and keys of a peer that this server has turned to (TERM-06, TERM-08)", async () => {
    use({ peers: STRANGER });
    const { host, script } = await testPeer();
    const jwks = { keys: [{ kty: "OKP", kid: "k1", x: "abc" }] };
    script.api = (request, response) =>
      request.url === "/.well-known/jwks.json" ? response.end(JSON.stringify(jwks)) : response.writeHead(201).end();
    await client.keys(host, "k1");
    await clock.advance(10_000);
    expect(store.records.size).toBe(0);
    await client.post(message(host));
    await written();
    expect(store.records.get(host)).toMatchObject({
      host,
      jwks,
      discovery: { apiVersion: "1.4.0" },
      failures: 0,
      unreachableSince: null,
    });
    expect((await client.health(host))?.lastSeenAt).toBe(clock.now - 1_000);
  });

  it("keeps nothing of strangers who only knock", async () => {
    use({ peers: STRANGER });
    const { host } = await testPeer((_request, response) => response.end('{"keys":[]}'));
    const dead = `localhost:${await closedPort()}`;
    for (let n = 0; n < 4; n += 1) {
      await client.keys(host, "k1");
      await failureOf(client.keys(dead, "k1"));
      await client.discover(host, { stranger: true });
      await clock.advance(10_000);
    }
    expect(client.isUnreachable(dead)).toBe(false);
    expect([store.records.size, store.writes]).toEqual([0, 0]);
    expect(await client.health(dead)).toBeUndefined();
  });

  it("has a peer that never answered to what a user of ours wanted of it", async () => {
    const dead = `localhost:${await closedPort()}`;
    for (let n = 0; n < 3; n += 1) {
      await failureOf(client.discover(dead));
      await clock.advance(5_000);
    }
    await written();
    expect(store.records.get(dead)).toMatchObject({ failures: 3, lastError: { code: "peer-unreachable" } });
  });

  it("writes once for many messages (no write waits in a message's way)", async () => {
    const { host } = await testPeer();
    for (let n = 0; n < 20; n += 1) await client.post(message(host));
    expect(store.writes).toBe(0);
    await written();
    expect(store.writes).toBe(1);
    for (let n = 0; n < 20; n += 1) await client.post(message(host));
    await clock.advance(10_000);
    expect(store.writes).toBe(1);
  });

  it("tells since when a peer is unreachable and why, also after a restart", async () => {
    const { host, script } = await testPeer();
    await client.post(message(host));
    script.discovery = (request) => request.socket.destroy();
    const since = clock.now;
    for (let n = 0; n < 3; n += 1) await failureOf(client.discover(host, { fresh: true }));
    await client.close();
    const expected = { failures: 3, unreachableSince: since, lastError: { code: "peer-unreachable" } };
    expect(store.records.get(host)).toMatchObject(expected);
    use({ store });
    expect(client.isUnreachable(host)).toBe(false);
    await client.start();
    expect(await client.health(host)).toMatchObject(expected);
    script.discovery = undefined;
    await clock.advance(0);
    await expect.poll(() => client.isUnreachable(host)).toBe(false);
    await clock.advance(1_000);
    await expect.poll(() => store.records.get(host)?.unreachableSince).toBeNull();
  });

  it("takes over unreachable peers from every page of the store, but not those that are denied now", async () => {
    const lastError = { code: "peer-dns", message: "No such name.", at: 1, status: null };
    for (let n = 0; n < 1_500; n += 1) {
      const host = `h${String(n).padStart(4, "0")}.invalid`;
      const unreachableSince = n % 2 ? 1 : null;
      store.records.set(host, { host, failures: 3, unreachableSince, lastError } as PeerRecord);
    }
    use({ store, trust: { deny: ["h1499.invalid"] } });
    await client.start();
    expect(client.isUnreachable("h0001.invalid")).toBe(true);
    expect(client.isUnreachable("h0002.invalid")).toBe(false);
    expect(client.isUnreachable("h1497.invalid")).toBe(true);
    expect(client.isUnreachable("h1499.invalid")).toBe(false);
  });

  it("goes on when the store fails", async () => {
    const { host } = await testPeer();
    store.put = async () => {
      throw new Error("disk full");
    };
    await client.post(message(host));
    await clock.advance(1_000);
    expect(logger.lines).toContain("What was learnt of a peer could not be written.");
    expect((await client.post(message(host))).status).toBe(201);
  });
});
