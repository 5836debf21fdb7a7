import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { Identity } from "../identity.ts";
import { pathByName } from "../paths/all.ts";
import type { Expected, Requests } from "../paths/path.ts";
import { serveCalls } from "../process/calls.ts";
import { runLoad } from "./load.ts";
import { signingOf } from "./signed-post.ts";
import { createStock, type Stock } from "./stock.ts";

/** The server under test, and the one that it is compared with. */
export type Side = "ours" | "yardstick";

/** Whoever requests are sent to. */
export type Aimed = Side | "rival";

export interface GeneratorSetup {
  path: string;
  identity: Identity;
  /** What the requests to each of them are made of. */
  materials: Record<Side, unknown>;
  origins: Record<Side, string> & { rival?: string };
}

export interface RunSetup {
  side: Aimed;
  seconds: number;
  atMost: number;
  connections: number;
}

/** One round against one server, as the generator saw it. */
export interface RoundLoad {
  answers: number;
  requestsPerSecond: number;
  /** Milliseconds, of this and all earlier rounds against this server. */
  p50: number;
  p99: number;
  /** CPU time of the generator, in milliseconds. */
  cpu: number;
  /** Part of the time in which the generator's event loop was busy, 0 to 1. */
  busy: number;
}

interface Aim {
  port: number;
  expected: Expected;
  stock: Stock;
  latencies: RecordableHistogram;
}

const aims = new Map<Aimed, Aim>();

const calls = {
  open({ path: name, identity, materials, origins }: GeneratorSetup): void {
    const path = pathByName(name);
    const signing = signingOf(identity);
    for (const side of ["ours", "yardstick"] as const) {
      const requests = path.requests({ origin: origins[side], signing }, materials[side]);
      aims.set(side, aim(origins[side], path.expected, requests));
    }
    if (path.rival !== undefined && origins.rival !== undefined) {
      const same = path.rival.request(origins.rival, materials.ours);
      aims.set("rival", aim(origins.rival, path.rival.expected, { same }));
    }
  },

  /** Makes requests, so that nothing but sending is left for the round. */
  fill: ({ side, count }: { side: Side; count: number }) => aimAt(side).stock.fill(count),

  /** Forgets the latencies of the rounds so far. */
  forget(side: Side): void {
    aimAt(side).latencies.reset();
  },

  /** Ends when the time is over, and before that when as many requests have been sent as there may be. */
  async run({ side, atMost, ...options }: RunSetup): Promise<RoundLoad> {
    const { port, expected, stock, latencies } = aimAt(side);
    let sent = 0;
    const next = () => (sent++ < atMost ? stock.next() : undefined);
    const cpu = process.cpuUsage();
    const loop = performance.eventLoopUtilization();
    const load = await runLoad({ port, expected, next, ...options });
    const { user, system } = process.cpuUsage(cpu);
    const { utilization } = performance.eventLoopUtilization(loop);
    latencies.add(load.latencies);
    return {
      answers: load.answers,
      requestsPerSecond: load.answers / (load.elapsed / 1000),
      p50: latencies.percentile(50) / 1000,
      p99: latencies.percentile(99) / 1000,
      cpu: (user + system) / 1000,
      busy: utilization,
    };
  },
};

function aim(origin: string, expected: Expected, requests: Requests): Aim {
  const port = Number(new URL(origin).port);
  return { port, expected, stock: createStock(requests), latencies: createHistogram() };
}

function aimAt(side: Aimed): Aim {
  const aim = aims.get(side);
  if (aim === undefined) throw new Error("The generator has not been opened.");
  return aim;
}

export type GeneratorCalls = typeof calls;

serveCalls(calls);
