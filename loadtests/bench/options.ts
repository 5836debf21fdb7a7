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
}

/** A command line that cannot be used; the message is one sentence. */
export class BadOptions extends Error {}

/** All requests of a round are made before it: they have to fit into memory, and their signatures grow old. */
const LONGEST_ROUND = 30;
const BIG_NAME = "big";

/** Reads the command line. @throws BadOptions */
export function readOptions(args: string[]): BenchOptions {
  const values = parsed(args);
  const only = values.only?.split(",") ?? allPaths.map(({ name }) => name);
  return {
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
  } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new BadOptions(error instanceof Error ? error.message : String(error));
  }
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
