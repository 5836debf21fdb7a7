import type http from "node:http";
import { buffer, text } from "node:stream/consumers";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { closedPort, serveProxy, type TestServer } from "../system/servers.test-helper.ts";
import { message, testClient, testPeer } from "./client.test-helper.ts";
import type { ManagedPeerClient } from "./client.ts";
import { failureOf, type TestClock } from "./peers.test-helper.ts";

let client: ManagedPeerClient;
let clock: TestClock;
beforeEach(() => {
  ({ client, clock } = testClient());
});

const posts = (server: TestServer) => server.requests.filter((line) => line.startsWith("POST"));

describe("a message", () => {
  it("goes signed, as JSON, to the endpoint below the peer's endPoint", async () => {
    let headers: http.IncomingHttpHeaders = {};
    let body = "";
    const { host, server } = await testPeer((request, response) => {
      headers = request.headers;
      void text(request).then((received) => {
        body = received;
        response.writeHead(201, { "retry-after": "3" }).end('{"recipientDisplayName":"Bob"}');
      });
    });
    const answer = await client.post(message(host));
    expect(answer).toEqual({ status: 201, body: { recipientDisplayName: "Bob" }, retryAfter: 3000 });
    expect(server.requests).toEqual(["GET /.well-known/ocm", "POST /ocm/shares"]);
    expect(body).toBe('{"name":"a file"}');
    expect(headers).toMatchObject({
      accept: "application/json",
      "content-type": "application/json",
      "content-length": "17",
      "x-request-id": "request-0001",
      signature: `signed:http://${host}/ocm/shares`,
    });
    expect(headers["transfer-encoding"]).toBeUndefined();
  });

  it("for a token goes as a form to the tokenEndPoint", async () => {
    let received = "";
    const { host, server } = await testPeer((request, response) => {
      void text(request).then((body) => {
        received = `${request.headers["content-type"]} ${body}`;
        response.end('{"access_token":"t"}');
      });
    });
    await client.post({
      ...message(host, "token"),
      body: { form: { grant_type: "authorization_code", code: "a b&c" } },
    });
    expect(posts(server)).toEqual(["POST /token"]);
    expect(received).toBe("application/x-www-form-urlencoded grant_type=authorization_code&code=a+b%26c");
  });

  it("may go to an endPoint on another host, which the peer's discovery names (G-03)", async () => {
    const api = await testPeer();
    const { host, server, script } = await testPeer();
    script.fields = { endPoint: `http://${api.host}/api` };
    expect((await client.post(message(host))).status).toBe(201);
    expect(api.server.requests).toEqual(["POST /api/shares"]);
    expect(posts(server)).toEqual([]);
  });

  it("never goes to an address that is not permitted, whatever discovery names", async () => {
    const { host, script } = await testPeer();
    script.fields = { endPoint: "http://169.254.169.254/ocm" };
    const failure = await failureOf(client.post(message(host)));
    expect([failure.code, failure.final]).toEqual(["peer-address-refused", true]);
  });

  it("does not go to a peer that is denied, which is not even discovered", async () => {
    const { host, server } = await testPeer();
    const { client: denying } = testClient({ trust: { deny: ["localhost"] } });
    for (const attempt of [denying.post(message(host)), denying.discover(host)]) {
      const failure = await failureOf(attempt);
      expect([failure.code, failure.final]).toEqual(["peer-not-allowed", true]);
    }
    expect(server.connections).toBe(0);
  });

  it("does not go to a peer without the endpoint", async () => {
    const { host, script } = await testPeer();
    script.fields = { tokenEndPoint: undefined };
    expect((await failureOf(client.post(message(host, "token")))).code).toBe("peer-no-token-endpoint");
    script.fields = { enabled: false };
    await clock.advance(3_600_000);
    expect((await failureOf(client.post(message(host)))).code).toBe("peer-disabled");
    expect((await client.post(message(host, "notifications"))).status).toBe(201);
  });

  it("is answered with whatever the peer says", async () => {
    const { host, script } = await testPeer();
    for (const status of [400, 401, 403, 404, 409, 429, 500, 501, 503]) {
      script.api = (_request, response) => response.writeHead(status).end('{"message":"no"}');
      expect((await client.post(message(host))).status).toBe(status);
    }
    expect(client.isUnreachable(host)).toBe(false);
  });
});

describe("an endpoint that has moved (G-33)", () => {
  it("is found again after a 404", async () => {
    const { host, server, script } = await testPeer((request, response) =>
      response.writeHead(request.url === "/new/shares" ? 201 : 404).end(),
    );
    await client.discover(host);
    script.fields = { endPoint: `http://${host}/new` };
    await clock.advance(5_000);
    expect((await client.post(message(host))).status).toBe(201);
    expect(posts(server)).toEqual(["POST /ocm/shares", "POST /new/shares"]);
  });

  it("is found again when it cannot be connected to", async () => {
    const { host, server, script } = await testPeer();
    script.fields = { endPoint: `http://localhost:${await closedPort()}/ocm` };
    await client.discover(host);
    script.fields = {};
    await clock.advance(5_000);
    expect((await client.post(message(host))).status).toBe(201);
    expect(posts(server)).toEqual(["POST /ocm/shares"]);
  });

  it("is found when the peer did not name it before", async () => {
    const { host, server, script } = await testPeer();
    script.fields = { tokenEndPoint: undefined };
    await client.discover(host);
    script.fields = {};
    await clock.advance(5_000);
    expect((await client.post(message(host, "token"))).status).toBe(201);
    expect(posts(server)).toEqual(["POST /token"]);
  });

  it("is not sent to twice where it has not moved", async () => {
    const { host, server } = await testPeer((_request, response) => response.writeHead(404).end());
    await client.discover(host);
    await clock.advance(5_000);
    expect((await client.post(message(host))).status).toBe(404);
    expect(server.requests).toEqual(["GET /.well-known/ocm", "POST /ocm/shares", "GET /.well-known/ocm"]);
  });

  it("is not looked for when discovery is only just read, nor when the message may have arrived", async () => {
    const { host, server, script } = await testPeer((_request, response) => response.writeHead(404).end());
    await client.post(message(host));
    expect(server.requests).toHaveLength(2);
    script.api = (request) => request.socket.destroy();
    await clock.advance(60_000);
    expect((await failureOf(client.post(message(host)))).code).toBe("peer-unreachable");
    expect(server.requests).toHaveLength(3);
  });
});

describe("discovery through the client", () => {
  it("is cached, and fresh on demand", async () => {
    const { host, server } = await testPeer();
    for (let n = 0; n < 50; n += 1) expect((await client.discover(host)).host).toBe(host);
    expect(server.requests).toHaveLength(1);
    await client.discover(host, { fresh: true });
    expect(server.requests).toHaveLength(2);
  });

  it("of this server itself works in spite of an allow list and the address filter", async () => {
    const { host } = await testPeer();
    const { client: own } = testClient({ peers: {}, trust: { allow: ["other.test"] }, ownHost: host });
    expect((await own.discover(host)).host).toBe(host);
  });
});

describe("an outbound proxy", () => {
  it("carries discovery, keys, messages and streams", async () => {
    const { server, script } = await testPeer();
    script.fields = { endPoint: "http://peer.test/ocm" };
    script.api = (request, response) => response.end(request.url === "/.well-known/jwks.json" ? '{"keys":[]}' : "{}");
    const proxy = await serveProxy(server.port);
    onTestFinished(proxy.close);
    const { client: proxied } = testClient({
      peers: { "peer.test": { allowInsecureHttp: true } },
      outboundProxy: `http://127.0.0.1:${proxy.port}`,
      lookup: async () => [],
    });
    await proxied.post(message("peer.test"));
    await proxied.keys("peer.test", "k1");
    const url = "http://peer.test/dav";
    const answer = await proxied.stream({
      host: "peer.test",
      method: "GET",
      url,
      headers: {},
      requestId: "request-0001",
    });
    await buffer(answer.body);
    const plain = proxy.requests.filter((line) => !line.startsWith("CONNECT"));
    expect(plain).toEqual([
      "GET http://peer.test/.well-known/ocm",
      "POST http://peer.test/ocm/shares",
      "GET http://peer.test/.well-known/jwks.json",
      "GET http://peer.test/dav",
    ]);
    expect(proxy.requests[0]).toBe("CONNECT peer.test:443");
  });
});
