import { parseArgs } from "node:util";

/** What `npm start` was asked to do. */
export interface Flags {
  once: boolean;
  nodes: number;
  /** MongoDB URL without database; absent: an SQLite file per server. */
  database?: string;
  /** Kept between starts; absent: a new folder, removed at the end. */
  data?: string;
  /** Port of the first server; the others follow. */
  port: number;
  /** File for what was started and what came of the walk. */
  json?: string;
  help: boolean;
}

/** A command line that makes no sense; the message is one line. */
export class BadFlags extends Error {}

const OPTIONS = {
  once: { type: "boolean" },
  nodes: { type: "string" },
  database: { type: "string" },
  data: { type: "string" },
  port: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean" },
} as const;
type Name = keyof typeof OPTIONS;

export const MOST_NODES = 26;
const DEFAULT_PORT = 4700;

export const HELP = `Usage: npm start -- [flags]

Starts federated servers, each a process of its own, walks one share through the whole protocol and stays up.

  --once             End after the walk: exit code 0, or 1 if a step failed.
  --nodes N          So many servers, 2 to ${MOST_NODES}. Default 3.
  --database URL     mongodb://… instead of SQLite; the server NAME uses the database ocm_NAME.
  --data DIR         Keep the data there between starts. Default: a new folder each time.
  --port BASE        Port of the first server; the others follow. Default ${DEFAULT_PORT}.
  --json FILE        Write there what was started and what came of the walk.
  --help             Show this.

Exit codes: 0 all well, 1 the walk or a server failed, 2 a flag is wrong or a port is taken.
`;

/** @throws BadFlags */
export function readFlags(words: string[]): Flags {
  const { tokens } = parseArgs({ args: words, options: OPTIONS, strict: false, tokens: true });
  const given: Partial<Record<Name, string | undefined>> = {};
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw new BadFlags(`“${token.value}” is not understood; flags start with --. See --help.`);
    }
    if (token.kind === "option") {
      const name = known(token.name, token.rawName);
      if (OPTIONS[name].type === "boolean" && token.value !== undefined) {
        throw new BadFlags(`--${name} takes no value.`);
      }
      if (OPTIONS[name].type === "string" && (token.value === undefined || token.value === "")) {
        throw new BadFlags(`--${name} needs a value.`);
      }
      given[name] = token.value;
    }
  }
  const nodes = wholeNumber("nodes", given.nodes, 3, 2, MOST_NODES);
  const { database, data, json } = given;
  if (database !== undefined && !/^mongodb(\+srv)?:\/\/[^/?]+/.test(database)) {
    throw new BadFlags("--database needs a URL that starts with mongodb:// and names a server.");
  }
  return {
    once: "once" in given,
    help: "help" in given,
    nodes,
    port: wholeNumber("port", given.port, DEFAULT_PORT, 1, 65536 - nodes),
    ...(database === undefined ? {} : { database }),
    ...(data === undefined ? {} : { data }),
    ...(json === undefined ? {} : { json }),
  };
}

function known(name: string, written: string): Name {
  if (Object.hasOwn(OPTIONS, name)) {
    return name as Name;
  }
  const nearest = (Object.keys(OPTIONS) as Name[])
    .map((option) => ({ option, distance: distance(name, option) }))
    .reduce((best, one) => (one.distance < best.distance ? one : best));
  throw new BadFlags(`There is no flag ${written}; did you mean --${nearest.option}?`);
}

function wholeNumber(name: Name, text: string | undefined, otherwise: number, least: number, most: number): number {
  if (text === undefined) {
    return otherwise;
  }
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new BadFlags(`--${name} needs a whole number from ${least} to ${most}.`);
  }
  return value;
}

/** How many letters have to be put in, taken out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
