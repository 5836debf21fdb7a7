import type http from "node:http";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { System } from "../ports/system.ts";
import { NO_TELEMETRY } from "../ports/telemetry.ts";
import { machine } from "../system/machine.ts";
import { LAB, testClient, testPeer } from "./client.test-helper.ts";
import type { ManagedPeerClient } from "./client.ts";
import { createConnections } from "./connections.ts";
import { createPeerSettings } from "./peer-settings.ts";
import { failureOf } from "./peers.test-helper.ts";
import { openStream } from "./stream.ts";

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

describe("a stream's deadlines", () => {
  const DEADLINE = 300;

  /** The machine's network, with all deadlines of an exchange made short; `asked` are the deadlines as they were meant. */
  function hasty() {
    const real = machine();
    onTestFinished(() => real.close());
    const asked: { headers: number; idle: number; connect: number }[] = [];
    const system: System = {
      ...real,
      fetch(request) {
        const { headersTimeout: headers, idleTimeout: idle, connect } = request;
        asked.push({ headers, idle, connect: connect.timeout });
        return real.fetch({ ...request, headersTimeout: DEADLINE, idleTimeout: DEADLINE });
      },
    };
    const connections = createConnections({ settings: createPeerSettings(LAB), ownHost: "own.test" });
    const get = (host: string, more: object = {}) =>
      openStream(
        { system, connections, report: () => {}, telemetry: NO_TELEMETRY },
        { host, method: "GET", url: `http://${host}/x`, headers: {}, requestId: "request-0001", ...more },
      );
    return { asked, get };
  }

  /** Writes a byte every 100 milliseconds, so many times. */
  const drip = (response: http.ServerResponse, times: number, done: () => void) => {
    let written = 0;
    const timer = setInterval(() => {
      response.write("x");
      written += 1;
      if (written < times) return;
      clearInterval(timer);
      done();
    }, 100);
    response.on("close", () => clearInterval(timer));
  };

  it("are one for connecting, one for the head and one for silence, and none for the whole", async () => {
    const { asked, get } = hasty();
    const { host } = await testPeer((_request, response) => drip(response, 15, () => response.end()));
    const started = Date.now();
    const { body } = await get(host);
    expect(await text(body)).toBe("x".repeat(15));
    expect(Date.now() - started).toBeGreaterThan(4 * DEADLINE);
    expect(asked).toEqual([{ connect: 10_000, headers: 60_000, idle: 60_000 }]);
  });

  it("end a body that falls silent, and a request that is not answered", async () => {
    const { get } = hasty();
    const { host, script } = await testPeer((_request, response) => drip(response, 3, () => {}));
    const { body } = await get(host);
    const started = Date.now();
    await expect(text(body)).rejects.toMatchObject({ failure: "timeout", message: expect.stringContaining("silent") });
    expect(Date.now() - started).toBeGreaterThan(2 * DEADLINE);
    script.api = () => {};
    expect((await failureOf(get(host))).code).toBe("peer-timeout");
  });

  it("allow an upload that takes longer than each of them", async () => {
    const { get } = hasty();
    const { host } = await testPeer((request, response) => {
      request.resume().on("end", () => response.writeHead(204).end());
    });
    const slowly = Readable.from(
      (async function* () {
        for (let times = 0; times < 10; times += 1) {
          await wait(100);
          yield Buffer.alloc(10);
        }
      })(),
    );
    expect((await get(host, { method: "PUT", body: slowly })).status).toBe(204);
  });
});

describe("connections for streams", () => {
  it("are used again: ten reads one after the other make one or two", async () => {
    const { host, server } = await testPeer((_request, response) => response.end("x".repeat(100_000)));
    for (let times = 0; times < 10; times += 1) {
      const request = { host, method: "GET", url: `http://${host}/${times}`, headers: {}, requestId: "request-0001" };
      expect(await text((await client.stream(request)).body)).toHaveLength(100_000);
    }
    expect(server.requests).toHaveLength(10);
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it("are at most 128 to one peer, however many want one", async () => {
    let [now, most] = [0, 0];
    const { host, server } = await testPeer((_request, response) => {
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        response.end("x");
      }, 50);
    });
    const request = { host, method: "GET", url: `http://${host}/x`, headers: {}, requestId: "request-0001" };
    const all = await Promise.all(Array.from({ length: 300 }, () => client.stream(request)));
    await Promise.all(all.map(({ body }) => text(body)));
    expect(server.connections).toBeLessThanOrEqual(128);
    expect(most).toBeLessThanOrEqual(128);
  });
});
