import type { Child } from "../bench/process/children.ts";
import type { OursCalls } from "../bench/servers/ours.ts";
import { sum } from "../bench/statistics.ts";
import type { Figure, Plan } from "./curve.ts";
import type { GeneratorCalls, LoadRound } from "./generator.ts";

/** Connections on which requests are under way at the same time. */
export const CONNECTIONS = 16;

/** After so many requests the code is compiled. It also shows how many requests a round will need. */
const WARM_UP = { perSecond: 4000, seconds: 3 };
/** How many more requests are made than the fastest round so far would have needed. */
const RESERVE = 1.3;
/** What a round may take beside its length, and the longest wait for the next bytes of an answer, in milliseconds. */
const PATIENCE_MS = 120_000;
const ANSWER_MS = 60_000;

/** What is measured of one server at one size. */
export interface Measuring {
  plan: Pick<Plan, "seconds" | "rounds">;
  generator: Child<GeneratorCalls>;
  server: readonly Child<OursCalls>[];
  /** As they were opened in the generator. They take turns within a round. */
  loads: readonly string[];
  /** Told of each round. */
  progress(line: string): void;
  /** Called before each load of each round. */
  before?(load: string): Promise<void>;
  /** Called after each load of each round. */
  after?(load: string, round: LoadRound): Promise<void>;
}

/** Warms the server up and measures each load in each round: rate, p50 and p99 of each, and the memory of the server. */
export async function measureLoads(measuring: Measuring): Promise<Figure[]> {
  const { plan, generator, server, loads, progress, before, after } = measuring;
  const fastest = new Map<string, number>();
  const once = async (load: string, seconds: number, requests: number): Promise<LoadRound> => {
    const within = seconds * 1000 + PATIENCE_MS;
    await generator.call("fill", { load, count: requests }, within);
    const run = { load, seconds, atMost: requests, connections: CONNECTIONS, patience: ANSWER_MS };
    const round = await generator.call("run", run, within);
    fastest.set(load, Math.max(fastest.get(load) ?? 0, round.perSecond));
    return round;
  };
  const warmUp = Math.min(WARM_UP.seconds, plan.seconds * plan.rounds);
  for (const load of loads) await once(load, warmUp, warmUp * WARM_UP.perSecond);
  const results = new Map<string, LoadRound[]>(loads.map((load) => [load, []]));
  const memory: number[] = [];
  for (let number = 1; number <= plan.rounds; number += 1) {
    for (const load of loads) {
      await before?.(load);
      const requests = Math.max(CONNECTIONS, Math.ceil((fastest.get(load) ?? 0) * plan.seconds * RESERVE));
      const round = await once(load, plan.seconds, requests);
      results.get(load)?.push(round);
      await after?.(load, round);
    }
    memory.push(await memoryOf(server));
    const rates = loads.map((load) => `${load} ${results.get(load)?.at(-1)?.perSecond.toFixed(0)}/s`);
    progress(`round ${number} of ${plan.rounds}: ${rates.join(", ")}`);
  }
  return [...loads.flatMap((load) => loadFigures(load, results.get(load) ?? [])), memoryFigure(memory)];
}

/** Rate and times of one load. */
export function loadFigures(load: string, rounds: readonly LoadRound[]): Figure[] {
  return [
    { name: load, unit: "1/s", values: rounds.map(({ perSecond }) => perSecond) },
    { name: `${load}, p50`, unit: "ms", values: rounds.map(({ p50 }) => p50) },
    { name: `${load}, p99`, unit: "ms", values: rounds.map(({ p99 }) => p99) },
  ];
}

export function memoryFigure(values: readonly number[]): Figure {
  return { name: "memory of the server", unit: "bytes", values };
}

/** Resident memory of all processes of a server, in bytes. */
async function memoryOf(server: readonly Child<OursCalls>[]): Promise<number> {
  const held = await Promise.all(server.map((process) => process.call("held", null)));
  return sum(held.map(({ rss }) => rss)) * 2 ** 20;
}
