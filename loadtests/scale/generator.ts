import { type Line, openLines, runLoad } from "../bench/generator/load.ts";
import { createStock, type Stock } from "../bench/generator/stock.ts";
import type { Expected } from "../bench/paths/path.ts";
import { serveCalls } from "../bench/process/calls.ts";
import { requestsOf, type Source } from "./sources.ts";

export interface LoadSetup {
  load: string;
  /** Of the server. */
  origin: string;
  expected: Expected;
  source: Source;
}

export interface LoadRun {
  load: string;
  seconds: number;
  /** Requests. */
  atMost: number;
  connections: number;
  /** Longest wait for the next bytes of an answer, in milliseconds. */
  patience?: number;
}

/** One round, as the generator saw it. */
export interface LoadRound {
  /** All of them right. */
  answers: number;
  perSecond: number;
  /** Milliseconds, of this round. */
  p50: number;
  p99: number;
}

interface Aim {
  port: number;
  expected: Expected;
  stock: Stock;
}

const aims = new Map<string, Aim>();
let lines: Line[] | undefined;

const calls = {
  /** Sets up a load, in place of an earlier one with this name. */
  open({ load, origin, expected, source }: LoadSetup): void {
    aims.set(load, { port: Number(new URL(origin).port), expected, stock: createStock(requestsOf(source)) });
  },

  /** Makes requests, so that nothing but sending is left for the round. */
  fill: ({ load, count }: { load: string; count: number }) => aimOf(load).stock.fill(count),

  /** Opens the connections of the next round beforehand. */
  async connect({ load, connections }: { load: string; connections: number }): Promise<void> {
    lines = await openLines(aimOf(load).port, connections);
  },

  /** @throws Error with the answer, when one is not as expected */
  async run({ load, atMost, ...options }: LoadRun): Promise<LoadRound> {
    const { port, expected, stock } = aimOf(load);
    let sent = 0;
    const next = () => (sent++ < atMost ? stock.next() : undefined);
    const ready = lines === undefined ? {} : { lines };
    lines = undefined;
    const { answers, elapsed, latencies } = await runLoad({ port, expected, next, ...options, ...ready });
    if (answers === 0) throw new Error(`There was no request for ${load}.`);
    return {
      answers,
      perSecond: answers / (elapsed / 1000),
      p50: latencies.percentile(50) / 1000,
      p99: latencies.percentile(99) / 1000,
    };
  },
};

function aimOf(load: string): Aim {
  const aim = aims.get(load);
  if (aim === undefined) throw new Error(`There is no load ${load}.`);
  return aim;
}

export type GeneratorCalls = typeof calls;

serveCalls(calls);
