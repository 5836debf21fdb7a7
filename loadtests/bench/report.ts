import type { BigReport } from "./big/report.ts";
import type { RoundLoad, Side } from "./generator/main.ts";
import type { Machine, Versions } from "./machine.ts";
import type { Use } from "./servers/use.ts";
import { median, rounded, spread, sum } from "./statistics.ts";

/** What `--json` writes. */
export interface Report {
  paths: Record<string, PathReport>;
  /** Only where it was asked for. */
  big?: BigReport;
  connections: number;
  seconds: number;
  rounds: number;
  /** What the yardstick stands on. */
  yardstick: "node:http" | "koa";
  /** Of the server under test. The yardstick is one process with SQLite. */
  database: "sqlite" | "mongodb";
  processes: number;
  machine: Machine;
  versions: Versions;
  /** Of the checkout; `+` at the end where files differ from it, null where there is no repository. */
  commit: string | null;
}

/** One path. Rates are requests per second, times are milliseconds. */
export interface PathReport extends SideReport {
  /** Median over the rounds. */
  ours: number;
  yardstick: number;
  /** Median of the ratios within each round. */
  ratio: number;
  /** The same by CPU time per request: what others do on the machine hardly touches it. */
  cpuRatio: number;
  /** Least and greatest over the rounds. */
  spread: Record<Side | "ratio", [number, number]>;
  yardstickUse: SideReport;
  /** All of them right, over all rounds. */
  answers: Record<Side, number>;
  generator: Record<Side, GeneratorReport>;
  /** A server that people use for the same, where there is one. */
  rival?: RivalReport;
  rounds: Record<Side, number>[];
}

/** What a server spent. */
export interface SideReport {
  cpuMsPerRequest: number;
  p50: number;
  p99: number;
  rssMiB: number;
  eventLoopP99Ms: number;
}

/** Another server, asked for the same on one connection. */
export interface RivalReport {
  name: string;
  /** Median over its turns. */
  requestsPerSecond: number;
  /** How many times as fast the server under test is. */
  ratio: number;
  cpuMsPerRequest: number;
  answers: number;
}

/** Whether the generator could be the limit: it is when it is busy all the time. */
export interface GeneratorReport {
  /** Part of a round in which its event loop was busy, median over the rounds. */
  busy: number;
  /** Its part of the CPU time that it and the server used together. */
  cpuShare: number;
}

/** Requests to one server for a while. */
export interface Turn {
  load: RoundLoad;
  use: Use;
}

/** One round: each server once. */
export type Round = Record<Side, Turn>;

/** Puts the rounds of one path together. */
export function summarise(rounds: readonly Round[], rival?: { name: string; turns: readonly Turn[] }): PathReport {
  const rates = rounds.map(({ ours, yardstick }) => ({
    ours: rounded(ours.load.requestsPerSecond),
    yardstick: rounded(yardstick.load.requestsPerSecond),
  }));
  const ours = rates.map((rate) => rate.ours);
  const yardstick = rates.map((rate) => rate.yardstick);
  const ratios = rates.map((rate) => rounded(rate.ours / rate.yardstick, 3));
  const own = sideOf(rounds, "ours");
  const yardstickUse = sideOf(rounds, "yardstick");
  return {
    ours: rounded(median(ours)),
    yardstick: rounded(median(yardstick)),
    ratio: rounded(median(ratios), 3),
    cpuRatio: rounded(yardstickUse.cpuMsPerRequest / own.cpuMsPerRequest, 3),
    ...own,
    spread: { ours: spread(ours), yardstick: spread(yardstick), ratio: spread(ratios) },
    yardstickUse,
    answers: { ours: answersOf(rounds, "ours"), yardstick: answersOf(rounds, "yardstick") },
    generator: { ours: generatorOf(rounds, "ours"), yardstick: generatorOf(rounds, "yardstick") },
    ...(rival === undefined ? {} : { rival: rivalOf(rival.name, rival.turns, median(ours)) }),
    rounds: rates,
  };
}

function rivalOf(name: string, turns: readonly Turn[], ours: number): RivalReport {
  const requestsPerSecond = median(turns.map(({ load }) => load.requestsPerSecond));
  const answers = sum(turns.map(({ load }) => load.answers));
  return {
    name,
    requestsPerSecond: rounded(requestsPerSecond),
    ratio: rounded(ours / requestsPerSecond),
    cpuMsPerRequest: rounded(sum(turns.map(({ use }) => use.cpu)) / answers),
    answers,
  };
}

function sideOf(rounds: readonly Round[], side: Side): SideReport {
  const all = rounds.map((round) => round[side]);
  const last = all.at(-1)?.load;
  return {
    cpuMsPerRequest: rounded(sum(all.map(({ use }) => use.cpu)) / answersOf(rounds, side)),
    p50: rounded(last?.p50 ?? 0),
    p99: rounded(last?.p99 ?? 0),
    rssMiB: rounded(Math.max(...all.map(({ use }) => use.rss))),
    eventLoopP99Ms: rounded(median(all.map(({ use }) => use.loopP99))),
  };
}

function answersOf(rounds: readonly Round[], side: Side): number {
  return sum(rounds.map((round) => round[side].load.answers));
}

function generatorOf(rounds: readonly Round[], side: Side): GeneratorReport {
  const all = rounds.map((round) => round[side]);
  const cpu = sum(all.map(({ load }) => load.cpu));
  return {
    busy: rounded(median(all.map(({ load }) => load.busy)), 3),
    cpuShare: rounded(cpu / (cpu + sum(all.map(({ use }) => use.cpu))), 3),
  };
}
