import { freemem } from "node:os";
import { clear } from "../launcher/ending.ts";
import { BadFlags, named, readWords } from "../launcher/words.ts";
import type { SimulationSettings } from "./settings.ts";
import { TOPOLOGIES, TOPOLOGY_NAMES } from "./topologies/table.ts";
import { SIMULATED_FAULT_NAMES, SIMULATED_FAULTS } from "./troubles.ts";
import { WORKLOAD_NAMES, WORKLOADS } from "./workloads/table.ts";

const OPTIONS = {
  servers: { type: "string" },
  users: { type: "string" },
  shares: { type: "string" },
  topology: { type: "string" },
  workload: { type: "string" },
  fault: { type: "string" },
  seed: { type: "string" },
  json: { type: "string" },
  measured: { type: "string" },
  html: { type: "string" },
  "real-time": { type: "boolean" },
  help: { type: "boolean" },
} as const;

const MOST_SERVERS = 2_000;
const MOST_USERS = 1_000_000;
const MOST_SHARES = 1_000_000;
/** Bytes that a server, and a share with all that belongs to it, take: measured, and rounded up. */
const PER_SERVER = 4 * 1024 ** 2;
const PER_SHARE = 48 * 1024;
const BASE = 200 * 1024 ** 2;

/** What was asked for. */
export interface SimulationRequest {
  settings: SimulationSettings;
  realTime: boolean;
  json?: string;
  measured?: string;
  html?: string;
}

export const HELP = `Usage: npm run simulate -- [flags]

Simulates a federation of servers with the plugin in one process, in virtual time: the same seed gives the same report, byte for byte.

  --servers N       How many servers. Default: 20.
  --users N         How many people, at least one on each server. Default: twenty for each server.
  --shares N        How many shares they make. Default: forty for each server.
  --topology NAME   Who shares with whom:
${lines(TOPOLOGY_NAMES, (name) => TOPOLOGIES[name].line)}
                    Default: scale-free.
  --workload NAME   What people do:
${lines(WORKLOAD_NAMES, (name) => WORKLOADS[name].line)}
                    Default: steady.
  --fault NAME      What goes wrong all the while:
${lines(SIMULATED_FAULT_NAMES, (name) => SIMULATED_FAULTS[name])}
                    Default: nothing.
  --seed TEXT       Everything follows from it. Default: 1.
  --json FILE       Write the report there.
  --measured FILE   Write there how long it took, and what it needed of this machine.
  --html FILE       Write the report there as a page with plots and a map.
  --real-time       Many processes, real sockets and the real clock, as fast as they can: for throughput. The report is not the same twice.
  --help            Show this.

Exit codes: 0 all well, 1 something that must hold does not, 2 a name, a number or a flag is wrong, 130 interrupted.
`;

/** @throws BadFlags */
export async function readRequest(words: string[]): Promise<SimulationRequest | "help"> {
  const { flags, operands } = readWords(words, OPTIONS);
  if ("help" in flags) return "help";
  const [more] = operands;
  if (more !== undefined) throw new BadFlags(`“${more}” is no flag; npm run simulate -- --help shows them.`);
  const servers = number("servers", flags.servers, 20, 2, MOST_SERVERS);
  const users = number("users", flags.users, servers * 20, 1, MOST_USERS);
  const shares = number("shares", flags.shares, servers * 40, 1, MOST_SHARES);
  if (users < servers) throw new BadFlags(`${users} people cannot be on ${servers} servers: each has one at least.`);
  const needed = BASE + servers * PER_SERVER + shares * PER_SHARE;
  if (needed > freemem()) {
    throw new BadFlags(
      `This takes about ${mib(needed)} MiB of memory, and ${mib(freemem())} MiB are free: simulate less.`,
    );
  }
  if ("real-time" in flags) {
    for (const name of ["json", "html", "fault"] as const) {
      if (flags[name] !== undefined) throw new BadFlags(`--${name} is for virtual time, not for --real-time.`);
    }
  }
  const request: SimulationRequest = {
    settings: {
      servers,
      users,
      shares,
      topology: named("topology", flags.topology ?? "scale-free", TOPOLOGY_NAMES),
      workload: named("workload", flags.workload ?? "steady", WORKLOAD_NAMES),
      fault: flags.fault === undefined ? null : named("fault", flags.fault, SIMULATED_FAULT_NAMES),
      seed: flags.seed ?? "1",
    },
    realTime: "real-time" in flags,
    ...(flags.json === undefined ? {} : { json: flags.json }),
    ...(flags.measured === undefined ? {} : { measured: flags.measured }),
    ...(flags.html === undefined ? {} : { html: flags.html }),
  };
  for (const file of [request.json, request.measured, request.html]) await clear(file);
  return request;
}

function number(name: string, written: string | undefined, otherwise: number, least: number, most: number): number {
  if (written === undefined) return otherwise;
  const value = Number(written);
  if (!/^\d+$/.test(written) || value < least || value > most) {
    throw new BadFlags(`--${name} has to be a whole number from ${least} to ${most}, not ${written}.`);
  }
  return value;
}

function lines<N extends string>(names: readonly N[], lineOf: (name: N) => string): string {
  const width = Math.max(...names.map(({ length }) => length)) + 2;
  return names.map((name) => `                      ${name.padEnd(width)}${lineOf(name)}`).join("\n");
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
