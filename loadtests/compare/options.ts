import { parseArgs } from "node:util";
import { BadOptions } from "../bench/options.ts";
import { allPaths } from "../bench/paths/all.ts";
import type { BenchPath } from "../bench/paths/path.ts";

/** What is to be compared, and how. */
export interface CompareOptions {
  /** Any name that git knows for a commit. */
  base: string;
  paths: readonly BenchPath[];
  seconds: number;
  rounds: number;
  /** From 0 to 1: differences within it are taken for nothing. */
  band: number;
  json?: string;
  /** File for the tables as Markdown, for a comment on a pull request. */
  markdown?: string;
  help: boolean;
}

const SHORTEST_ROUND = 0.1;
const LONGEST_ROUND = 30;
const MOST_ROUNDS = 100;

export const HELP = `Usage: npm run bench:compare -- BASE [flags]

Runs the plugin of this checkout and that of the commit BASE in one job, in turns, and says what got slower or faster.

  --only PATH[,PATH]  Paths of npm run bench. Default: all of them.
  --rounds N          How often each is measured. Default 18.
  --seconds N         Length of a round, from 0.1 to 30. Many short ones feel a busy machine least, but what comes rarely,
                      such as a large garbage collection, is seen by long ones only. Default 0.5.
  --band PERCENT      Differences within it are taken for nothing. Default 10.
  --json FILE         Write all figures there.
  --markdown FILE     Write the tables there.
  --help              Show this.

Exit codes: 0 nothing got slower, 1 something did, or a count rose, 2 the command line cannot be used, 130 interrupted.
`;

/** @throws BadOptions */
export function readCompareOptions(args: string[]): CompareOptions {
  const { values, positionals } = parsed(args);
  const [base, ...others] = positionals;
  if (!values.help && (base === undefined || others.length > 0)) {
    throw new BadOptions("Name one commit to compare with, such as main or HEAD~1.");
  }
  const band = Number(values.band);
  if (!(band >= 1 && band <= 90)) throw new BadOptions(`--band: give a number of per cent from 1 to 90.`);
  return {
    base: base ?? "",
    paths: values.only === undefined ? allPaths : values.only.split(",").map(pathNamed),
    seconds: seconds(values.seconds),
    rounds: positive("rounds", values.rounds, MOST_ROUNDS),
    band: band / 100,
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.markdown === undefined ? {} : { markdown: values.markdown }),
    help: values.help,
  };
}

function parsed(args: string[]) {
  const options = {
    only: { type: "string" },
    rounds: { type: "string", default: "18" },
    seconds: { type: "string", default: "0.5" },
    band: { type: "string", default: "10" },
    json: { type: "string" },
    markdown: { type: "string" },
    help: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new BadOptions(error instanceof Error ? error.message : String(error));
  }
}

function pathNamed(name: string): BenchPath {
  const path = allPaths.find((each) => each.name === name);
  if (path !== undefined) return path;
  throw new BadOptions(
    `--only: there is no path “${name}”; there are ${allPaths.map((each) => each.name).join(", ")}.`,
  );
}

function seconds(text: string): number {
  const number = /^\d{1,2}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (number >= SHORTEST_ROUND && number <= LONGEST_ROUND) return number;
  throw new BadOptions(`--seconds: give a number from ${SHORTEST_ROUND} to ${LONGEST_ROUND}, not “${text}”.`);
}

function positive(name: string, text: string, largest: number): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= largest) return number;
  throw new BadOptions(`--${name}: give a whole number from 1 to ${largest}, not “${text}”.`);
}
