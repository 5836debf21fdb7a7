import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createAuthority } from "../../tls/authority.ts";
import { type Balancer, startBalancer } from "./balancer.ts";

const CHECKING = { everyMs: 30, longestMs: 1000 };
const MEGABYTE = 1024 * 1024;

/** A process as the balancer sees one. */
interface Fake {
  name: string;
  server: Server;
  port: number;
  isReady: boolean;
  seen: string[];
}
type Handler = (req: IncomingMessage, res: ServerResponse) => void;

const open: Server[] = [];
let balancer: Balancer | undefined;

afterEach(async () => {
  await balancer?.close();
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function fake(name: string, handle: Handler = (_req, res) => void res.end(name), port = 0): Promise<Fake> {
  const it: Fake = { name, server: createServer(), port, isReady: true, seen: [] };
  it.server.on("request", (req, res) => {
    if (req.url === "/readyz") {
      res.writeHead(it.isReady ? 200 : 503).end();
      return;
    }
    it.seen.push(`${req.method} ${req.url}`);
    handle(req, res);
  });
  open.push(it.server);
  await new Promise<void>((resolve) => it.server.listen(port, "127.0.0.1", resolve));
  it.port = (it.server.address() as AddressInfo).port;
  return it;
}

/** Ends it as a process that is killed. */
async function kill({ server }: Fake): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

async function balanced(...processes: Fake[]): Promise<(path: string, init?: Sent) => Promise<Got>> {
  const site = {
    name: "alpha",
    host: "alpha.test",
    processes: processes.map(({ port }) => ({ host: "127.0.0.1", port })),
  };
  balancer = await startBalancer([site], [{ host: "127.0.0.1", port: 0 }], CHECKING);
  await until(() => balancer?.ready().alpha === processes.length);
  const [port = 0] = balancer.ports;
  return (path, init) => send(port, path, init);
}

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: Iterable<Buffer>;
  host?: string;
}
interface Got {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

function send(
  port: number,
  path: string,
  { method = "GET", headers = {}, body, host = "alpha.test" }: Sent = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers: { host, ...headers } }, async (answer) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
        const { statusCode = 0, headers: got } = answer;
        resolve({ status: statusCode, headers: got, body: Buffer.concat(chunks).toString("utf8") });
      } catch (error) {
        reject(error);
      }
    });
    asked.once("error", reject);
    for (const chunk of body ?? []) asked.write(chunk);
    asked.end();
  });
}

async function until(isSo: () => boolean): Promise<void> {
  for (let left = 400; !isSo(); left -= 1) {
    if (left === 0) throw new Error("It has not come about.");
    await delay(20);
  }
}

describe("The balancer", () => {
  it("gives requests to the processes in turn, by the host that is named, with a port or without", async () => {
    const [one, two] = [await fake("one"), await fake("two")];
    const ask = await balanced(one, two);
    const answers = [];
    for (const host of ["alpha.test", "alpha.test:4743", "ALPHA.test", "alpha.test"])
      answers.push((await ask("/", { host })).body);
    expect(answers.toSorted()).toEqual(["one", "one", "two", "two"]);
    expect((await ask("/", { host: "beta.test" })).status).toBe(421);
  });

  it("gives nothing to a process that is not ready, and something again when it is", async () => {
    const [one, two] = [await fake("one"), await fake("two")];
    const ask = await balanced(one, two);
    one.isReady = false;
    await until(() => balancer?.ready().alpha === 1);
    for (let count = 0; count < 4; count += 1) expect((await ask("/")).body).toBe("two");
    two.isReady = false;
    await until(() => balancer?.ready().alpha === 0);
    expect(await ask("/")).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    one.isReady = true;
    await until(() => balancer?.ready().alpha === 1);
    expect((await ask("/")).body).toBe("one");
  });

  it("gives the whole request to another process where the first one cannot be connected to", async () => {
    const echo: Handler = (req, res) => void req.pipe(res);
    const [one, two] = [await fake("one", echo), await fake("two", echo)];
    const ask = await balanced(one, two);
    // Its connections are gone, and no look has noticed: the next requests find out.
    await kill(one);
    for (let count = 0; count < 3; count += 1) {
      const answer = await ask("/", { method: "POST", body: [Buffer.from("all "), Buffer.from("of it")] });
      expect(answer).toMatchObject({ status: 200, body: "all of it" });
    }
  });

  it("repeats what only reads when a process dies over it, and nothing else", async () => {
    let deaths = 0;
    const dying: Handler = (req) => {
      deaths += 1;
      req.socket.destroy();
    };
    const [one, two] = [await fake("one", dying), await fake("two")];
    const ask = await balanced(one, two);
    const read = [await ask("/"), await ask("/")];
    expect(read.map(({ body }) => body)).toEqual(["two", "two"]);
    const written = [await ask("/", { method: "POST" }), await ask("/", { method: "POST" })];
    expect(written.map(({ status }) => status).toSorted()).toEqual([200, 502]);
    expect(deaths).toBe(2);
    expect(two.seen.filter((line) => line.startsWith("POST"))).toHaveLength(1);
  });

  it("streams bodies both ways: the first bytes arrive before the last ones are sent", async () => {
    const go = Promise.withResolvers<void>();
    let got = 0;
    const one = await fake("one", async (req, res) => {
      res.flushHeaders();
      res.write("begun");
      for await (const chunk of req as AsyncIterable<Buffer>) {
        got += chunk.length;
        go.resolve();
      }
      res.end(`, ${got} bytes`);
    });
    await balanced(one);
    const { promise: answered, resolve } = Promise.withResolvers<IncomingMessage>();
    const asked = request(
      { host: "127.0.0.1", port: balancer?.ports[0], path: "/", method: "PUT", headers: { host: "alpha.test" } },
      resolve,
    );
    asked.write(Buffer.alloc(MEGABYTE));
    await go.promise;
    const answer = await answered;
    const chunks = answer[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe("begun");
    asked.end(Buffer.alloc(MEGABYTE));
    expect(String((await chunks.next()).value)).toBe(`, ${2 * MEGABYTE} bytes`);
  });

  it("cuts the answer to a client whose process cut it, and tells a process that its client has gone", async () => {
    const gone = Promise.withResolvers<void>();
    const one = await fake("one", (req, res) => {
      res.writeHead(200, { "content-length": "100" });
      res.write("a part");
      if (req.url === "/cut") setTimeout(() => res.destroy(), 20);
      else res.once("close", gone.resolve);
    });
    const ask = await balanced(one);
    await expect(ask("/cut")).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    const asked = request({ host: "127.0.0.1", port: balancer?.ports[0], path: "/", headers: { host: "alpha.test" } });
    asked.once("error", () => undefined);
    asked.once("response", (answer) => {
      answer.once("error", () => undefined);
      asked.destroy();
    });
    asked.end();
    await gone.promise;
  });

  it("tells the process where a request came from, whatever the client says, and leaves every other header as it is", async () => {
    const seen: string[][] = [];
    const one = await fake("one", (req, res) => {
      seen.push(req.rawHeaders);
      res.writeHead(200, ["Connection", "X-Hop", "X-Hop", "1", "X-Kept", "a", "X-Kept", "b"]).end();
    });
    const ask = await balanced(one);
    const { headers } = await ask("/", {
      headers: {
        "X-Forwarded-For": "6.6.6.6",
        "x-forwarded-proto": "gopher",
        Forwarded: "for=6.6.6.6",
        "X-Real-IP": "6.6.6.6",
        Connection: "X-Hop, close",
        "X-Hop": "1",
        "Signature-Input": 'ocm=("@method");created=1',
        Date: "Thu, 01 Jan 2026 00:00:00 GMT",
      },
    });
    const [raw = []] = seen;
    const sent = Object.entries(
      Object.groupBy(
        raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1]] as const] : [])),
        ([name]) => name.toLowerCase(),
      ),
    );
    const values = Object.fromEntries(sent.map(([name, pairs]) => [name, (pairs ?? []).map(([, value]) => value)]));
    expect(values).toMatchObject({
      host: ["alpha.test"],
      "x-forwarded-for": ["127.0.0.1"],
      "x-forwarded-host": ["alpha.test"],
      "x-forwarded-proto": ["https"],
      "signature-input": ['ocm=("@method");created=1'],
      date: ["Thu, 01 Jan 2026 00:00:00 GMT"],
    });
    expect(Object.keys(values)).not.toContain("x-hop");
    expect(Object.keys(values)).not.toContain("forwarded");
    expect(Object.keys(values)).not.toContain("x-real-ip");
    expect(headers["x-kept"]).toBe("a, b");
    expect(headers["x-hop"]).toBeUndefined();
  });

  it("keeps whoever logged in with the process that knows them, as long as it is there", async () => {
    const logIn =
      (name: string): Handler =>
      (req, res) => {
        if (req.url === "/login") res.setHeader("set-cookie", "session-alpha=secret");
        res.end(name);
      };
    const [one, two] = [await fake("one", logIn("one")), await fake("two", logIn("two"))];
    const ask = await balanced(one, two);
    expect((await ask("/")).headers["set-cookie"]).toBeUndefined();
    const { body: home, headers } = await ask("/login");
    const cookies = headers["set-cookie"] ?? [];
    expect(cookies[1]).toMatch(/^balancer-alpha=[01]; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    const cookie = cookies.map((value) => value.split(";")[0]).join("; ");
    for (let count = 0; count < 3; count += 1) expect((await ask("/", { headers: { cookie } })).body).toBe(home);
    await kill(home === "one" ? one : two);
    expect((await ask("/", { headers: { cookie } })).body).toBe(home === "one" ? "two" : "one");
    expect((await ask("/", { headers: { cookie: "balancer-alpha=__proto__" } })).status).toBe(200);
  });

  it("speaks TLS with a certificate for the names of all servers", async () => {
    const authority = await createAuthority();
    const one = await fake("one");
    const site = { name: "alpha", host: "alpha.test", processes: [{ host: "127.0.0.1", port: one.port }] };
    balancer = await startBalancer(
      [site],
      [{ host: "127.0.0.1", port: 0, tls: await authority.issue(["alpha.test", "beta.test"]) }],
      CHECKING,
    );
    await until(() => balancer?.ready().alpha === 1);
    const agent = new TlsAgent({ ca: authority.certificate });
    const status = await new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: balancer?.ports[0],
        servername: "alpha.test",
        agent,
        headers: { host: "alpha.test" },
      };
      tlsRequest(options, (answer) => resolve(answer.resume().statusCode))
        .once("error", reject)
        .end();
    });
    agent.destroy();
    expect(status).toBe(200);
  });
});
