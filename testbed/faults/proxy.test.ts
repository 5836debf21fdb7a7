import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { kindOf, type Message } from "./message.ts";
import { bothPlans, type FaultPlan, faultPlan, type Harm, NETWORK_FAULT_NAMES } from "./network.ts";
import { type PeerProxy, startProxy } from "./proxy.ts";

type Seen = Omit<Message, "number" | "from">;

let arrived: { method: string; path: string; text: string; host: string | undefined }[];
let answer: (req: IncomingMessage, res: ServerResponse) => void;
let seen: Seen[];
let proxy: PeerProxy;
let close: () => Promise<unknown>;

beforeEach(async () => {
  arrived = [];
  seen = [];
  answer = (_req, res) => res.writeHead(201, { "x-from": "server" }).end("x".repeat(1000));
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = "", url = "", headers } = req;
    arrived.push({ method, path: url, text: Buffer.concat(chunks).toString(), host: headers.host });
    answer(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy = await startProxy({ name: "alpha", watch: (message) => seen.push(message) });
  proxy.passTo({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  close = async () => {
    await proxy.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
});
afterEach(() => close());

const always =
  (harm: Harm): FaultPlan =>
  () =>
    harm;
const post = (path: string, body = "{}") => fetch(`http://localhost:${proxy.port}${path}`, { method: "POST", body });

describe("The proxy in front of a server", () => {
  it("passes requests on as they are, and remembers both sides", async () => {
    const response = await post("/ocm/shares?x=1", '{"a":1}');
    expect([response.status, response.headers.get("x-from"), await response.text()]).toEqual([
      201,
      "server",
      "x".repeat(1000),
    ]);
    expect(arrived).toEqual([
      { method: "POST", path: "/ocm/shares?x=1", text: '{"a":1}', host: `localhost:${proxy.port}` },
    ]);
    expect(seen).toMatchObject([{ to: "alpha", method: "POST", status: 201, responseSize: 1000, harm: null }]);
    expect(seen[0]?.requestBody.toString()).toBe('{"a":1}');
  });

  it("passes on bodies that are too large to keep", async () => {
    const body = "y".repeat(3 * 1024 * 1024);
    expect((await post("/ocm/dav/x", body)).status).toBe(201);
    expect(arrived[0]?.text).toBe(body);
  });

  it("cuts connections while nobody is there", async () => {
    proxy.passTo(null);
    await expect(post("/ocm/shares")).rejects.toThrow();
    expect(arrived).toEqual([]);
    expect(seen).toMatchObject([{ status: null }]);
  });

  it("loses a message, so that the server never has it", async () => {
    proxy.suffer(always({ name: "lost", lost: "cut" }));
    await expect(post("/ocm/shares")).rejects.toThrow();
    expect(arrived).toEqual([]);
  });

  it("cuts an answer within its body, when the server has the message", async () => {
    proxy.suffer(always({ name: "cut", answer: "cut" }));
    const response = await post("/ocm/shares");
    expect(response.status).toBe(201);
    await expect(response.text()).rejects.toThrow();
    expect(arrived).toHaveLength(1);
  });

  it.each([
    [{ name: "gateway", lost: 503 }, 503, 0],
    [{ name: "gateway", answer: 502 }, 502, 1],
  ] as const)("answers in place of the server: %j", async (harm, status, arrivals) => {
    proxy.suffer(always(harm));
    expect((await post("/ocm/shares")).status).toBe(status);
    expect(arrived).toHaveLength(arrivals);
    expect(seen).toMatchObject([{ status, harm: "gateway" }]);
  });

  it("gives an answer slowly, and whole", async () => {
    proxy.suffer(always({ name: "slow", answer: "slow" }));
    const from = performance.now();
    expect(await (await post("/ocm/shares")).text()).toBe("x".repeat(1000));
    expect(performance.now() - from).toBeGreaterThan(250);
  });

  it("gives an answer without an end, until whoever asked goes away", async () => {
    proxy.suffer(always({ name: "endless", answer: "endless" }));
    const response = await post("/ocm/shares");
    let got = 0;
    for await (const chunk of response.body ?? []) {
      got += chunk.length;
      if (got > 500_000) break;
    }
    expect(got).toBeGreaterThan(500_000);
  });

  it.each(["at-once", "later"] as const)("lets a message arrive twice, %s, byte for byte", async (twice) => {
    proxy.suffer(always({ name: "twice", twice }));
    expect((await post("/ocm/shares", "same")).status).toBe(201);
    await delay(400);
    expect(arrived.map(({ text }) => text)).toEqual(["same", "same"]);
    expect(seen).toHaveLength(1);
  });

  it("lets a later message overtake an earlier one, and waits for none in vain", async () => {
    proxy.suffer((_server, kind) => (kind === "first" ? { name: "held back", letPassMs: 2000 } : undefined));
    const first = post("/ocm/first");
    await delay(50);
    const from = performance.now();
    await post("/ocm/second");
    await first;
    expect(performance.now() - from).toBeLessThan(1500);
    expect(arrived.map(({ path }) => path)).toEqual(["/ocm/second", "/ocm/first"]);
    proxy.suffer(always({ name: "held back", letPassMs: 100 }));
    expect((await post("/ocm/alone")).status).toBe(201);
  });
});

describe("A plan of faults", () => {
  const run = (name: (typeof NETWORK_FAULT_NAMES)[number], seed: string) => {
    const plan = faultPlan(name, seed);
    return Array.from({ length: 60 }, (_, at) =>
      plan(at % 3 === 0 ? "alpha" : "beta", at % 2 === 0 ? "shares" : "token"),
    );
  };

  it.each(NETWORK_FAULT_NAMES)(
    "does the same for the same seed, something, and another thing for another: %s",
    (name) => {
      expect(run(name, "1")).toEqual(run(name, "1"));
      expect(run(name, "1").some((harm) => harm !== undefined)).toBe(true);
      if (name !== "slow-body") expect(run(name, "1")).not.toEqual(run(name, "2"));
    },
  );

  it.each(["loss", "cut", "server-errors", "endless-body"] as const)(
    "never makes two requests in a row to one server fail: %s",
    (name) => {
      const plan = faultPlan(name, "7");
      const hits = Array.from({ length: 300 }, () => plan("alpha", "shares") !== undefined);
      expect(hits.some((hit, at) => hit && hits[at + 1])).toBe(false);
      expect(hits.filter(Boolean).length).toBeGreaterThan(50);
    },
  );

  it("can be put together with another: a request suffers from both", () => {
    const twice: FaultPlan = (_server, kind) => (kind === "token" ? undefined : { name: "twice", twice: "later" });
    const lost: FaultPlan = (_server, kind) => (kind === "ocm" ? undefined : { name: "lost", lost: "cut" });
    const both = bothPlans(lost, twice);
    expect(both?.("alpha", "shares")).toEqual({ name: "lost, twice", lost: "cut", twice: "later" });
    expect(both?.("alpha", "token")).toEqual({ name: "lost", lost: "cut" });
    expect(both?.("alpha", "ocm")).toEqual({ name: "twice", twice: "later" });
    expect([bothPlans(null, twice), bothPlans(lost, null), bothPlans(null, null)]).toEqual([twice, lost, null]);
  });

  it("tells kinds of requests apart", () => {
    expect(kindOf("POST", "/ocm/shares")).toBe("shares");
    expect(kindOf("PROPFIND", "/ocm/dav/abc/d?x")).toBe("dav PROPFIND");
    expect(kindOf("GET", "/.well-known/ocm")).toBe("ocm");
  });
});
