import type http from "node:http";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { beforeEach, describe, expect, it } from "vitest";
import { testClient, testPeer } from "./client.test-helper.ts";
import type { ManagedPeerClient } from "./client.ts";
import { failureOf } from "./peers.test-helper.ts";

let client: ManagedPeerClient;
beforeEach(() => {
  ({ client } = testClient());
});

describe("a stream", () => {
  const request = (host: string, url: string, more: object = {}) => ({
    host,
    method: "GET",
    url,
    headers: { authorization: "Bearer token", range: "bytes=0-9" },
    requestId: "request-0001",
    ...more,
  });

  it("carries the caller's headers and the body in both directions, without a limit", async () => {
    let headers: http.IncomingHttpHeaders = {};
    const { host, server } = await testPeer((incoming, response) => {
      headers = incoming.headers;
      response.writeHead(207, { etag: '"x"' });
      incoming.pipe(response);
    });
    const megabyte = Buffer.alloc(1024 * 1024, 7);
    const body = Readable.from(Array.from({ length: 8 }, () => megabyte));
    const answer = await client.stream(request(host, `http://${host}/dav/a%20b`, { method: "PUT", body }));
    expect([answer.status, answer.headers.etag]).toEqual([207, '"x"']);
    expect((await buffer(answer.body)).length).toBe(8 * megabyte.length);
    expect(server.requests).toEqual(["PUT /dav/a%20b"]);
    expect(headers).toMatchObject({
      authorization: "Bearer token",
      range: "bytes=0-9",
      "accept-encoding": "identity",
      "x-request-id": "request-0001",
    });
  });

  it("may go to another host than the peer's (G-38), where its address is permitted", async () => {
    const files = await testPeer((_request, response) => response.end("bytes"));
    const { host } = await testPeer();
    const answer = await client.stream(request(host, `http://${files.host}/x`));
    expect(await text(answer.body)).toBe("bytes");
    const refused = await failureOf(client.stream(request(host, "http://169.254.169.254/latest")));
    expect(refused.code).toBe("peer-address-refused");
  });

  it("cannot borrow what the operator allows for a neighbour", async () => {
    const { host, server } = await testPeer();
    for (const url of [`http://${host}/x`, `https://${host}/x`]) {
      const failure = await failureOf(client.stream(request("stranger.test", url)));
      expect(["peer-bad-answer", "peer-address-refused"]).toContain(failure.code);
    }
    expect(server.connections).toBe(0);
  });

  it.each(["http://peer.test/x", "file:///etc/passwd", "https://user:secret@peer.test/", "/relative"])(
    "is not opened for a stranger's URL %s",
    async (url) => {
      const failure = await failureOf(client.stream(request("peer.test", url)));
      expect([failure.code, failure.final]).toEqual(["peer-bad-answer", true]);
      expect(failure.message).not.toContain("secret");
    },
  );

  it("does not follow a redirect, with its credentials least of all", async () => {
    const thief = await testPeer();
    const { host } = await testPeer((_request, response) =>
      response.writeHead(302, { location: `http://${thief.host}/steal` }).end(),
    );
    const failure = await failureOf(client.stream(request(host, `http://${host}/x`)));
    expect(failure.code).toBe("peer-redirect");
    expect(failure.message).toContain(`http://${thief.host}/steal`);
    expect(thief.server.requests).toEqual([]);
  });

  it("gives 304 as an answer", async () => {
    const { host } = await testPeer((_request, response) => response.writeHead(304).end());
    expect((await client.stream(request(host, `http://${host}/x`))).status).toBe(304);
  });

  it("that the caller breaks off says nothing about the peer", async () => {
    const { host } = await testPeer(() => {});
    for (let n = 0; n < 4; n += 1) {
      const caller = new AbortController();
      setTimeout(() => caller.abort(), 20);
      await failureOf(client.stream(request(host, `http://${host}/x`, { signal: caller.signal })));
    }
    expect(client.isUnreachable(host)).toBe(false);
  });

  it("counts for the breaker", async () => {
    const { host } = await testPeer((_request, response) => response.writeHead(503).end());
    for (let n = 0; n < 3; n += 1) {
      const { status, body } = await client.stream(request(host, `http://${host}/x`));
      body.destroy();
      expect(status).toBe(503);
    }
    expect(client.isUnreachable(host)).toBe(true);
  });
});
