import { BadFlags, readWords } from "./words.ts";

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

const OPTIONS = {
  once: { type: "boolean" },
  nodes: { type: "string" },
  database: { type: "string" },
  data: { type: "string" },
  port: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean" },
} as const;

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

Exit codes: 0 all well, 1 the walk or a server failed, 2 a flag is wrong, a port is taken, the data is of another version
or cannot be kept in its folder, or there is no space.
`;

/** @throws BadFlags */
export function readFlags(words: string[]): Flags {
  const { flags: given, operands } = readWords(words, OPTIONS);
  if (operands[0] !== undefined) {
    throw new BadFlags(`“${operands[0]}” is not understood; flags start with --. See --help.`);
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

function wholeNumber(
  name: keyof typeof OPTIONS,
  text: string | undefined,
  otherwise: number,
  least: number,
  most: number,
): number {
  if (text === undefined) {
    return otherwise;
  }
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new BadFlags(`--${name} needs a whole number from ${least} to ${most}.`);
  }
  return value;
}
