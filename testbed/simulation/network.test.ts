import type { RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import type { TransportRequest, TransportResponse } from "../../plugin/index.ts";
import { faultPlan } from "../faults/network.ts";
import { type VirtualClock, virtualClock } from "./clock.ts";
import { createNetwork, type Network, type Passing } from "./network.ts";

const HELLO: RequestListener = (req, res) => {
  let size = 0;
  req.on("data", (chunk: Buffer) => {
    size += chunk.length;
  });
  req.once("end", () => res.writeHead(200, { "content-type": "text/plain" }).end(`got ${size}`));
};

const REQUEST: TransportRequest = {
  method: "POST",
  url: "https://b.example/ocm/shares",
  headers: { "content-type": "application/json" },
  body: Buffer.from("{}"),
  connect: { refuse: () => null, timeout: 10_000 },
  headersTimeout: 30_000,
  idleTimeout: 30_000,
};

function world(listener: RequestListener | null = HELLO, seed = "7") {
  const clock = virtualClock(0);
  const seen: { passing: Passing; failed: boolean }[] = [];
  let bytes = 0;
  const network = createNetwork({
    clock,
    seed,
    watch: {
      begun: () => undefined,
      bytes(_passing, count) {
        bytes += count;
      },
      answered: () => undefined,
      ended: (passing, failed) => void seen.push({ passing, failed }),
    },
  });
  network.connect("b.example", listener);
  return { clock, network, seen, bytes: () => bytes };
}

/** The outcome of a job while virtual time passes. */
async function over<T>(clock: VirtualClock, job: Promise<T>): Promise<T> {
  let isOver = false;
  job
    .finally(() => {
      isOver = true;
    })
    .catch(() => undefined);
  await clock.run(() => isOver);
  return job;
}

async function ask(clock: VirtualClock, network: Network, more: Partial<TransportRequest> = {}) {
  return over(
    clock,
    (async () => {
      const answer: TransportResponse = await network.fetch("a.example", { ...REQUEST, ...more });
      let text = "";
      for await (const chunk of answer.body) text += chunk;
      return { status: answer.status, text };
    })(),
  );
}

describe("The network of a simulation", () => {
  it("takes virtual time for a way there and back, which follows from the seed", async () => {
    const times = await Promise.all(
      ["7", "7", "8"].map(async (seed) => {
        const { clock, network } = world(HELLO, seed);
        expect(await ask(clock, network)).toEqual({ status: 200, text: "got 2" });
        return clock.now();
      }),
    );
    expect(times[0]).toBeGreaterThanOrEqual(8);
    expect(times[1]).toBe(times[0]);
    expect(times[2]).not.toBe(times[0]);
  });

  it("counts each request with its kind, and the bytes of heads and bodies", async () => {
    const { clock, network, seen, bytes } = world();
    await ask(clock, network);
    expect(seen).toMatchObject([
      { failed: false, passing: { from: "a.example", to: "b.example", kind: "shares", status: 200 } },
    ]);
    expect(bytes()).toBeGreaterThan(100);
  });

  it.each([
    ["dns", { url: "https://nobody.example/" }],
    ["bad-url", { url: "nonsense" }],
    ["address-refused", { connect: { refuse: () => "an address that nobody likes", timeout: 1 } }],
  ] as const)("fails with %s as the machine's does", async (failure, more) => {
    const { clock, network } = world();
    await expect(ask(clock, network, more)).rejects.toMatchObject({ name: "TransportError", failure });
  });

  it("refuses connections to a server that is not there, and cuts those to one that dies", async () => {
    const { clock, network } = world(null);
    await expect(ask(clock, network)).rejects.toMatchObject({ failure: "connect" });
    network.connect("b.example", () => undefined);
    clock.at(clock.now() + 500, () => network.sever("b.example"));
    await expect(ask(clock, network)).rejects.toMatchObject({ failure: "reset" });
  });

  it("ends a request by its signal and by its time, and the server notices", async () => {
    const closed: string[] = [];
    const { clock, network } = world((req, res) => void res.once("close", () => closed.push(req.url ?? "")));
    const stop = new AbortController();
    clock.at(300, () => stop.abort());
    await expect(ask(clock, network, { signal: stop.signal })).rejects.toMatchObject({ failure: "aborted" });
    expect(clock.now()).toBe(300);
    await expect(ask(clock, network, { headersTimeout: 5_000 })).rejects.toMatchObject({ failure: "timeout" });
    expect(closed).toHaveLength(2);
  });

  it("lets nothing through between two sides, until it is whole again", async () => {
    const { clock, network, seen } = world();
    network.divide((host) => (host === "a.example" ? 0 : 1));
    await expect(ask(clock, network)).rejects.toMatchObject({ failure: "timeout" });
    network.divide(null);
    expect((await ask(clock, network)).status).toBe(200);
    expect(seen.map(({ failed }) => failed)).toEqual([true, false]);
  });

  it("does to requests what a fault says, as the proxy of the testbed does", async () => {
    const outcomes = async (fault: Parameters<typeof faultPlan>[0]) => {
      let arrived = 0;
      const { clock, network } = world((req, res) => {
        arrived += 1;
        HELLO(req, res);
      });
      network.suffer(faultPlan(fault, "7"));
      const found: string[] = [];
      for (let count = 0; count < 12; count += 1) {
        const limit = new AbortController();
        clock.at(clock.now() + 40_000, () => limit.abort());
        found.push(
          await ask(clock, network, { signal: limit.signal }).then(
            ({ status, text }) => (text.length > 1000 ? "endless" : `${status}`),
            (error) => error.failure,
          ),
        );
      }
      network.suffer(null);
      return { kinds: [...new Set(found)].sort(), failed: found.filter((one) => one !== "200").length, arrived };
    };
    expect(await outcomes("latency")).toEqual({ kinds: ["200"], failed: 0, arrived: 12 });
    const lost = await outcomes("loss");
    expect([lost.kinds, lost.arrived]).toEqual([["200", "reset"], 12 - lost.failed]);
    const cut = await outcomes("cut");
    expect([cut.kinds, cut.arrived]).toEqual([["200", "reset"], 12]);
    const errors = await outcomes("server-errors");
    expect(errors.failed).toBeGreaterThan(2);
    expect(["200", "502", "503"]).toEqual(expect.arrayContaining(errors.kinds));
    expect((await outcomes("duplicate")).arrived).toBeGreaterThanOrEqual(23);
    expect(await outcomes("slow-body")).toEqual({ kinds: ["200"], failed: 0, arrived: 12 });
  });
});
