import { parseArgs } from "node:util";
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
}

/** A command line that cannot be used; the message is one sentence. */
export class BadOptions extends Error {}

/** All requests of a round are made before it: they have to fit into memory, and their signatures grow old. */
const LONGEST_ROUND = 30;
const BIG_NAME = "big";
const MOST_PROCESSES = 64;

/** Reads the command line. @throws BadOptions */
export function readOptions(args: string[], environment: NodeJS.ProcessEnv = process.env): BenchOptions {
  const values = parsed(args);
  const only = values.only?.split(",") ?? allPaths.map(({ name }) => name);
  const mongodb = mongodbOf(values.database, environment.MONGODB_URI);
  const processes = positive("processes", values.processes, MOST_PROCESSES);
  if (processes > 1 && mongodb === undefined) {
    throw new BadOptions("--processes: SQLite serves one process; give --database mongodb too.");
  }
  return {
    ...(mongodb === undefined ? {} : { mongodb }),
    processes,
    ...(values.json === undefined ? {} : { json: values.json }),
    paths: only.filter((name) => name !== BIG_NAME).map(pathNamed),
    big: only.includes(BIG_NAME),
    seconds: positive("seconds", values.seconds, LONGEST_ROUND),
    rounds: positive("rounds", values.rounds, 1000),
  };
}

function parsed(args: string[]) {
  const options = {
    json: { type: "string" },
    only: { type: "string" },
    seconds: { type: "string", default: "1" },
    rounds: { type: "string", default: "7" },
    database: { type: "string", default: "sqlite" },
    processes: { type: "string", default: "1" },
  } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new BadOptions(error instanceof Error ? error.message : String(error));
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
    throw new BadOptions(
      `--only: there is no path "${name}"; there are ${[...allPaths.map((each) => each.name), BIG_NAME].join(", ")}.`,
    );
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
