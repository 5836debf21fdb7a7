import type http from "node:http";
import type net from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { machine } from "../system/machine.ts";
import { closedPort, serve, serveRaw } from "../system/servers.test-helper.ts";
import { type BoundedRequest, createHttp } from "./http.ts";
import { failureOf } from "./peers.test-helper.ts";

const system = machine();
const bounded = createHttp(system);
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
afterAll(() => system.close());

const connect = { refuse: () => null, timeout: 2000 };
async function at(handler: http.RequestListener, deadline = 2000): Promise<BoundedRequest> {
  const server = await serve(handler);
  open.push(server.close);
  return { host: "peer.test", url: `http://127.0.0.1:${server.port}/.well-known/ocm`, connect, deadline };
}
async function atRaw(handler: (socket: net.Socket) => void, deadline = 2000): Promise<BoundedRequest> {
  const server = await serveRaw(handler);
  open.push(server.close);
  return { host: "peer.test", url: `http://127.0.0.1:${server.port}/.well-known/ocm`, connect, deadline };
}
const getJson = (request: BoundedRequest) => bounded.getJson({ ...request, malformed: "peer-not-ocm" });
const post = (request: BoundedRequest) =>
  bounded.post({ ...request, headers: { "content-type": "application/json" }, body: Buffer.from("{}") });
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("a document", () => {
  it("is parsed, with its size and headers", async () => {
    let seen: http.IncomingHttpHeaders = {};
    const request = await at((incoming, response) => {
      seen = incoming.headers;
      response.setHeader("cache-control", "max-age=60").end('{"a":1}');
    });
    const { json, size, headers } = await getJson({ ...request, requestId: "request-0001" });
    expect({ json, size }).toEqual({ json: { a: 1 }, size: 7 });
    expect(headers["cache-control"]).toBe("max-age=60");
    expect(seen).toMatchObject({ accept: "application/json", "x-request-id": "request-0001", "user-agent": "koa-ocm" });
  });

  it.each([
    ["a web page", "text/html", "<!doctype html><p>Log in", /a web page instead of JSON/],
    ["a web page that says it is JSON", "application/json", "\n<html><p>Log in", /a web page instead of JSON/],
    ["text", "application/json", "hello", /something that is not JSON/],
    ["nothing", "application/json", "", /answered with nothing/],
    ["half a document", "application/json", '{"a":', /something that is not JSON/],
    ["JSON of 33 levels", "application/json", nested(33), /deeper than 32 levels/],
    ["JSON of 100,000 levels", "application/json", nested(100_000), /deeper than 32 levels|not JSON/],
    ["a key twice", "application/json", '{"a":1,"a":2}', /names a key twice/],
  ])("is refused when it is %s (DISC-11)", async (_name, type, body, sentence) => {
    const failure = await failureOf(
      getJson(await at((_request, response) => response.setHeader("content-type", type).end(body))),
    );
    expect(failure.code).toBe("peer-not-ocm");
    expect(failure.message).toMatch(sentence);
    expect(failure.message).toMatch(/^127\.0\.0\.1:\d+\/\.well-known\/ocm answered/);
    expect(failure.host).toBe("peer.test");
    expect(failure.status).toBe(200);
  });

  it("may have 32 levels", async () => {
    expect((await getJson(await at((_request, response) => response.end(nested(32))))).size).toBe(64);
  });

  it("is refused when it is compressed without being asked to", async () => {
    const failure = await failureOf(
      getJson(
        await at((_request, response) => response.setHeader("content-encoding", "gzip").end(gzipSync('{"a":1}'))),
      ),
    );
    expect(failure.message).toMatch(/compressed body/);
  });

  it.each([
    [
      "to a metadata service",
      "http://169.254.169.254/latest/meta-data?token=1",
      /redirects to http:\/\/169\.254\.169\.254\/latest\/meta-data,/,
    ],
    ["within the server", "/index.php/ocm", /redirects to https:\/\/127\.0\.0\.1:\d+\/index\.php\/ocm,/],
    ["with credentials", "https://user:secret@evil.test/x", /redirects to https:\/\/evil\.test\/x,/],
    ["to nowhere", "http://[", /redirects to an address that cannot be read,/],
  ])("is refused when the peer redirects %s, and nothing is asked there", async (_name, location, sentence) => {
    let requests = 0;
    const request = await at((_request, response) => {
      requests += 1;
      response.writeHead(302, { location }).end();
    });
    const failure = await failureOf(getJson(request));
    expect(failure.code).toBe("peer-redirect");
    expect(failure.message).toMatch(sentence);
    expect(failure.message).not.toMatch(/secret|token/);
    expect([failure.status, failure.final]).toEqual([302, false]);
    expect(requests).toBe(1);
  });

  it("that has moved for good is refused for good", async () => {
    const moved = await at((_request, response) => response.writeHead(301, { location: "/x" }).end());
    expect((await failureOf(getJson(moved))).final).toBe(true);
  });

  it.each([404, 401, 500, 503, 204])("is refused with status %d", async (status) => {
    const failure = await failureOf(getJson(await at((_request, response) => response.writeHead(status).end())));
    expect([failure.code, failure.status, failure.final]).toEqual(["peer-error", status, false]);
  });

  it("is refused at once when it says that it is too large", async () => {
    const request = await at((_request, response) => {
      response.writeHead(200, { "content-length": String(300 * 1024) }).write("{");
    });
    const failure = await failureOf(getJson(request));
    expect([failure.code, failure.final]).toEqual(["peer-too-large", true]);
    expect(failure.message).toMatch(/more than 256 KiB/);
  });

  it("is refused when it has no end, and the connection is closed", async () => {
    let closed = false;
    let sent = 0;
    const request = await at((_request, response) => {
      const more = () => {
        while (!closed && response.write(" ".repeat(16_384))) sent += 16_384;
      };
      response.on("drain", more).on("close", () => {
        closed = true;
      });
      more();
    });
    expect((await failureOf(getJson(request))).code).toBe("peer-too-large");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(closed).toBe(true);
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it("has a total time limit, however busily it drips", async () => {
    let drip: NodeJS.Timeout | undefined;
    const request = await at((_request, response) => {
      drip = setInterval(() => response.write(" "), 20);
    }, 300);
    const start = performance.now();
    const failure = await failureOf(getJson(request));
    clearInterval(drip);
    expect(failure.code).toBe("peer-timeout");
    expect(performance.now() - start).toBeLessThan(1500);
  });

  it("has the same limit when the head drips", async () => {
    const request = await atRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const drip = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(drip));
    }, 300);
    expect((await failureOf(getJson(request))).code).toBe("peer-timeout");
  });

  it.each([
    ["resets the connection", (socket: net.Socket) => socket.resetAndDestroy()],
    ["hangs up", (socket: net.Socket) => socket.end()],
    ["does not speak HTTP", (socket: net.Socket) => socket.end("220 mail.test ESMTP\r\n")],
    ["cuts its answer short", (socket: net.Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"a"')],
  ])("is `peer-unreachable` when the peer %s", async (_name, behave) => {
    const request = await atRaw((socket) => socket.once("data", () => behave(socket)));
    const failure = await failureOf(getJson(request));
    expect([failure.name, failure.code, failure.final]).toEqual(["PeerFailure", "peer-unreachable", false]);
  });

  it("is `peer-unreachable` when nobody listens", async () => {
    const url = `http://127.0.0.1:${await closedPort()}/`;
    const failure = await failureOf(getJson({ host: "peer.test", url, connect, deadline: 1000 }));
    expect(failure.code).toBe("peer-unreachable");
    expect(failure.message).toMatch(/refused the connection/);
  });

  it("fails for good when the address is refused", async () => {
    const request = await at((_request, response) => response.end("{}"));
    const refusing = { refuse: () => "a loopback address", timeout: 1000 };
    const failure = await failureOf(getJson({ ...request, connect: refusing }));
    expect([failure.code, failure.final]).toEqual(["peer-address-refused", true]);
    expect(failure.message).toMatch(/127\.0\.0\.1 \(a loopback address\)/);
  });

  it("is broken off when this server stops", async () => {
    const stopping = createHttp(system);
    const request = await at(() => {});
    const pending = failureOf(stopping.getJson({ ...request, malformed: "peer-not-ocm" }));
    setTimeout(() => stopping.close(), 50);
    expect((await pending).message).toMatch(/broken off here/);
  });
});

describe("the answer to a message", () => {
  it.each([201, 400, 401, 404, 500, 503])("of status %d is given with its JSON", async (status) => {
    const request = await at((_request, response) => response.writeHead(status).end('{"message":"x"}'));
    expect(await post(request)).toEqual({ status, body: { message: "x" }, retryAfter: null });
  });

  it("says when to come back", async () => {
    const request = await at((_request, response) => response.writeHead(429, { "retry-after": "7" }).end());
    expect(await post(request)).toEqual({ status: 429, body: undefined, retryAfter: 7000 });
  });

  it.each([
    ["a web page", "<html>", undefined],
    ["empty", "", undefined],
    ["too large", JSON.stringify("x".repeat(70_000)), undefined],
    ["too deep", nested(40), undefined],
    ["a list", "[]", []],
  ])("stands without its body when that is %s", async (_name, body, expected) => {
    const request = await at((_request, response) => response.writeHead(201).end(body));
    expect(await post(request)).toEqual({ status: 201, body: expected, retryAfter: null });
  });

  it("stands without its body when that never ends", async () => {
    const request = await at((_request, response) => {
      response.writeHead(201).write("{");
    }, 300);
    expect(await post(request)).toEqual({ status: 201, body: undefined, retryAfter: null });
  });

  it("is no answer when it is a redirect", async () => {
    const request = await at((_request, response) => response.writeHead(308, { location: "/shares/" }).end());
    const failure = await failureOf(post(request));
    expect([failure.code, failure.status, failure.final]).toEqual(["peer-redirect", 308, true]);
  });

  it("that does not come in time is a timeout", async () => {
    expect((await failureOf(post(await at(() => {}, 200)))).code).toBe("peer-timeout");
  });
});
