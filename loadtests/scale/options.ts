import { BadFlags, named, readWords } from "../../testbed/launcher/words.ts";
import { count } from "../../testbed/plots/format.ts";
import { allCurves, OVER_MONGODB } from "./all.ts";
import type { ScaleCurve } from "./curve.ts";

/** What one run measures. */
export interface ScaleOptions {
  curves: readonly { curve: ScaleCurve; sizes: readonly number[] }[];
  seconds: number;
  rounds: number;
  /** Folder for the curve files. */
  json?: string;
  /** URL of a MongoDB server. */
  mongodb?: string;
  /** Nothing is measured: somebody wants to know what can be. */
  help: boolean;
}

/** All requests of a round are made before it: they have to fit into memory, and their signatures grow old. */
const LONGEST_ROUND = 30;
const MOST_ROUNDS = 1000;
const DEFAULT_SECONDS = "2";
const DEFAULT_ROUNDS = "5";

const FLAGS = {
  to: { type: "string" },
  seconds: { type: "string" },
  rounds: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean" },
} as const;

const NAMES = allCurves.map(({ name }) => name);
const WIDTH = Math.max(...NAMES.map((name) => name.length)) + 2;

export const HELP = `Usage: npm run scale -- CURVE[,CURVE] [flags]

Measures how a server with the plugin bears growth: rates, times of answers and memory at each size. A whole curve takes minutes.

${allCurves.map(({ name, about, sizes }) => `  ${name.padEnd(WIDTH)}${about}\n  ${"".padEnd(WIDTH)}${range(sizes)}`).join("\n")}

  --to N         The largest size. Default: all sizes of a curve.
  --seconds N    Length of a round, ${LONGEST_ROUND} at most. Default ${DEFAULT_SECONDS}.
  --rounds N     How often each size is measured. Default ${DEFAULT_ROUNDS}.
  --json FOLDER  Write scale-CURVE.json there, after each size. npm run draw draws it.
  --help         Show this.

Exit codes: 0 all was measured, 1 an answer was wrong or something failed, 2 the command line or this machine cannot be used,
130 interrupted, with what is finished.
`;

/** Reads the command line. @throws BadFlags */
export function readOptions(words: string[], environment: NodeJS.ProcessEnv = process.env): ScaleOptions {
  const { flags, operands } = readWords(words, FLAGS);
  const seconds = positive("seconds", flags.seconds ?? DEFAULT_SECONDS, LONGEST_ROUND);
  const rounds = positive("rounds", flags.rounds ?? DEFAULT_ROUNDS, MOST_ROUNDS);
  if ("help" in flags) return { curves: [], seconds, rounds, help: true };
  const written = operands.flatMap((operand) => operand.split(","));
  if (written.length === 0) throw new BadFlags(`Name at least one curve: ${NAMES.join(", ")}.`);
  const names = [...new Set(written.map((name) => named("curve", name, NAMES)))];
  const to = flags.to === undefined ? Number.POSITIVE_INFINITY : positive("to", flags.to, Number.MAX_SAFE_INTEGER);
  const { MONGODB_URI: mongodb } = environment;
  if (names.includes(OVER_MONGODB) && (mongodb === undefined || mongodb === "")) {
    throw new BadFlags(`${OVER_MONGODB}: set MONGODB_URI to the URL of a MongoDB server.`);
  }
  return {
    curves: allCurves
      .filter(({ name }) => names.includes(name))
      .map((curve) => ({ curve, sizes: sizesUpTo(curve, to) })),
    seconds,
    rounds,
    ...(flags.json === undefined ? {} : { json: flags.json }),
    ...(mongodb === undefined ? {} : { mongodb }),
    help: false,
  };
}

function sizesUpTo({ name, sizes }: ScaleCurve, to: number): number[] {
  const wanted = sizes.filter((size) => size <= to);
  if (wanted.length === 0) throw new BadFlags(`--to ${to}: the smallest size of ${name} is ${count(sizes[0])}.`);
  return wanted;
}

function positive(name: string, text: string, largest: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > largest) {
    throw new BadFlags(`--${name}: give a whole number from 1 to ${largest}, not "${text}".`);
  }
  return number;
}

function range(sizes: readonly number[]): string {
  return sizes.map((size) => count(size)).join(", ");
}
