import { BadFlags, offer, readWords } from "../../testbed/launcher/words.ts";
import { allPaths } from "./paths/all.ts";
import type { BenchPath } from "./paths/path.ts";

/** What one run measures. */
export interface BenchOptions {
  /** File for the report as JSON. */
  json?: string;
  paths: readonly BenchPath[];
  /** Files of some GiB, and thousands of slow downloads: only where it is asked for by name, since it takes minutes. */
  big: boolean;
  /** Length of one round against one server. */
  seconds: number;
  /** How often each server is measured. */
  rounds: number;
  /** URL of the MongoDB server that the server under test keeps its share model at; absent: SQLite. */
  mongodb?: string;
  /** Of the server under test. More than one only with MongoDB. */
  processes: number;
  /** The yardstick stands on a bare Koa too, past which it writes. */
  koa: boolean;
  /** Folder for flame graphs of the server under test, which is profiled meanwhile, and so a little slower. */
  flame?: string;
  /** Nothing is measured: somebody wants to know what can be. */
  help: boolean;
}

/** A command line that cannot be used; the message is one sentence. */
export class BadOptions extends Error {}

/** All requests of a round are made before it: they have to fit into memory, and their signatures grow old. */
const LONGEST_ROUND = 30;
const BIG_NAME = "big";
const MOST_PROCESSES = 64;
const MOST_ROUNDS = 1000;
const NAMES = [...allPaths.map(({ name }) => name), BIG_NAME];

const OPTIONS = {
  json: { type: "string" },
  only: { type: "string" },
  seconds: { type: "string" },
  rounds: { type: "string" },
  database: { type: "string" },
  processes: { type: "string" },
  flame: { type: "string" },
  koa: { type: "boolean" },
  help: { type: "boolean" },
} as const;

export const HELP = `Usage: npm run bench -- [flags]

Measures how fast the plugin answers, beside a server on bare node:http that does the same work in the same run.

  --only PATH[,PATH]  Which paths, in which order. Default: all of these but big, which takes minutes:
                      ${NAMES.join(", ")}.
  --seconds N         Length of a round against one server, ${LONGEST_ROUND} at most. Default 1.
  --rounds N          How often each server is measured. Default 7.
  --database NAME     Where the server under test keeps its shares: sqlite, mongodb (the server that MONGODB_URI names), or a
                      URL that starts with mongodb://. Default sqlite.
  --processes N       Of the server under test; more than one only with MongoDB. Default 1.
  --json FILE         Write the report there. npm run bench:page makes a page of it.
  --koa               Put the yardstick on a bare Koa too, past which it writes: what is left of the distance is the plugin's, and
                      Koa's way of answering where the plugin uses it.
  --flame FOLDER      Write a flame graph of the server under test for each path there, as SVG. It needs two rounds at least, and
                      the profiler makes that server a little slower.
  --help              Show this.

Exit codes: 0 all was measured, 1 an answer was wrong or something failed, 2 the command line cannot be used, 130 interrupted.
`;

/** Reads the command line. @throws BadOptions */
export function readOptions(args: string[], environment: NodeJS.ProcessEnv = process.env): BenchOptions {
  const values = parsed(args);
  const only = values.only?.split(",") ?? allPaths.map(({ name }) => name);
  const mongodb = mongodbOf(values.database ?? "sqlite", environment.MONGODB_URI);
  const processes = positive("processes", values.processes ?? "1", MOST_PROCESSES);
  if (processes > 1 && mongodb === undefined) {
    throw new BadOptions("--processes: SQLite serves one process; give --database mongodb too.");
  }
  const rounds = positive("rounds", values.rounds ?? "7", MOST_ROUNDS);
  if (values.flame !== undefined && rounds < 2) throw new BadOptions("--flame: give --rounds 2 or more.");
  return {
    ...(mongodb === undefined ? {} : { mongodb }),
    processes,
    koa: "koa" in values,
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.flame === undefined ? {} : { flame: values.flame }),
    paths: only.filter((name) => name !== BIG_NAME).map(pathNamed),
    big: only.includes(BIG_NAME),
    seconds: positive("seconds", values.seconds ?? "1", LONGEST_ROUND),
    rounds,
    help: "help" in values,
  };
}

/** What is written on the command line. @throws BadOptions */
function parsed(args: string[]) {
  try {
    const { flags, operands } = readWords(args, OPTIONS);
    if (operands[0] !== undefined)
      throw new BadFlags(`“${operands[0]}” is no flag; npm run bench -- --help shows them.`);
    return flags;
  } catch (error) {
    if (error instanceof BadFlags) throw new BadOptions(error.message);
    throw error;
  }
}

/** The server that `--database` means: one named by URL, or the one of the environment variable MONGODB_URI. */
function mongodbOf(wanted: string, fromEnvironment: string | undefined): string | undefined {
  if (wanted === "sqlite") return undefined;
  if (/^mongodb(\+srv)?:\/\/[^/?]+/.test(wanted)) return wanted;
  if (wanted !== "mongodb") {
    throw new BadOptions(`--database: give sqlite, mongodb or a URL that starts with mongodb://, not "${wanted}".`);
  }
  if (fromEnvironment === undefined) throw new BadOptions("--database mongodb: set MONGODB_URI to the server's URL.");
  return fromEnvironment;
}

function pathNamed(name: string): BenchPath {
  const path = allPaths.find((each) => each.name === name);
  if (path === undefined) {
    throw new BadOptions(`--only: there is no path “${name}”; ${offer(name, NAMES)}`);
  }
  return path;
}

function positive(name: string, text: string, largest: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > largest) {
    throw new BadOptions(`--${name}: give a whole number from 1 to ${largest}, not "${text}".`);
  }
  return number;
}
