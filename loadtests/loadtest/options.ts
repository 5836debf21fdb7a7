import { BadFlags, named, offer, readWords } from "../../testbed/launcher/words.ts";
import { PROFILES, type ProfileName } from "../k6/shared/profiles.ts";
import { ALSO_CALLED, SCRIPT_NAMES, type ScriptName, scriptOf } from "./catalogue.ts";

const RUNNERS = ["auto", "k6", "docker", "node"] as const;
export type RunnerChoice = (typeof RUNNERS)[number];

/** What the command was asked to do. */
export interface LoadtestOptions {
  names: ScriptName[];
  profile: ProfileName;
  /** `processes`, `docker`, `null`, or an origin. */
  target: string;
  runner: RunnerChoice;
  /** Bytes of a file or entries of a folder. */
  size?: number;
  /** How many times as much load. */
  times: number;
  /** How many times as long answers may take. */
  slack: number;
  /** The profile takes this part of its time: it is divided by it. */
  shorten: number;
  json?: string;
  /** File with the servers and accounts of a target that is there already. */
  servers?: string;
  /** Somebody said that the servers are theirs. */
  isOwned: boolean;
}

const OPTIONS = {
  all: { type: "boolean" },
  list: { type: "boolean" },
  profile: { type: "string" },
  target: { type: "string" },
  servers: { type: "string" },
  runner: { type: "string" },
  size: { type: "string" },
  times: { type: "string" },
  slack: { type: "string" },
  shorten: { type: "string" },
  json: { type: "string" },
  "i-own-this-server": { type: "boolean" },
  help: { type: "boolean" },
} as const;

export const HELP = `Usage: npm run loadtest -- NAME [flags]

Starts what the script NAME of loadtests/k6 needs, runs it, and prints what was measured.

  --list                List the scripts and profiles.
  --all                 Run every script, one after the other.
  --profile NAME        ${PROFILES.join(", ")}. Default smoke.
  --target TARGET       processes (default): demo servers of their own. docker: those of npm run testbed:docker.
                        null: a server that does nothing, to see what the generator can do. Or the origin of a server.
  --servers FILE        With an origin: its servers and accounts, as JSON; see docs/loadtests.md.
  --i-own-this-server   Needed for an origin that is not on this machine.
  --runner NAME         auto (default): k6 where it is on PATH, else the image grafana/k6 where Docker can get it, else node.
                        k6, docker, or node: the same script in Node, by the adapter.
  --size N              Entries of the folder, or bytes of the file.
  --times N             So many times as much load.
  --slack N             Answers may take so many times as long.
  --shorten N           The profile takes an N-th of its time, at the same height: 60 makes a minute of an hour.
  --json FILE           Write the report there.
  --help                Show this.

Exit codes: 0 all thresholds hold, 1 one does not or something failed, 2 a flag or name is wrong, 130 interrupted.
`;

/** Something else than a run. */
export type Question = "help" | "list";

/** @throws BadFlags */
export function readOptions(words: string[]): LoadtestOptions | Question {
  const { flags, operands } = readWords(words, OPTIONS);
  if ("help" in flags) return "help";
  if ("list" in flags) return "list";
  const [written, ...others] = operands;
  if (others[0] !== undefined) throw new BadFlags(`“${others[0]}” is one name too many.`);
  if ("all" in flags === (written !== undefined)) {
    throw new BadFlags("Name one script, or give --all; --list shows them.");
  }
  const other = written === undefined ? undefined : ALSO_CALLED[written];
  const names = written === undefined ? SCRIPT_NAMES : [other?.name ?? named("script", written, SCRIPT_NAMES)];
  const size = flags.size === undefined ? other?.size : count("size", flags.size);
  for (const name of names) {
    if (flags.size !== undefined && scriptOf(name).sizes === undefined) throw new BadFlags(`${name} has no sizes.`);
  }
  const isOwned = "i-own-this-server" in flags;
  const profile = named("profile", flags.profile ?? "smoke", PROFILES);
  const target = targetOf(flags.target ?? "processes", isOwned);
  return {
    names,
    profile,
    target,
    isOwned,
    runner: named("runner", flags.runner ?? "auto", RUNNERS),
    times: factor("times", flags.times),
    slack: factor("slack", flags.slack),
    shorten: shorten(flags.shorten, profile),
    ...(size === undefined ? {} : { size }),
    ...(flags.json === undefined ? {} : { json: flags.json }),
    ...(flags.servers === undefined ? {} : { servers: flags.servers }),
  };
}

function count(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new BadFlags(`--${flag} needs a number from 1.`);
  return number;
}

function factor(flag: string, text: string | undefined): number {
  if (text === undefined) return 1;
  const number = Number(text);
  if (!(number > 0 && number <= 1000)) throw new BadFlags(`--${flag} needs a number above 0, 1000 at most.`);
  return number;
}

/** A profile becomes no longer: what was signed before it would be stale at its end. */
function shorten(text: string | undefined, profile: ProfileName): number {
  if (text !== undefined && profile === "smoke") throw new BadFlags("--shorten says nothing to smoke, which is short.");
  const number = factor("shorten", text);
  if (number < 1) throw new BadFlags("--shorten needs a number from 1, 1000 at most.");
  return number;
}

const TARGETS = ["processes", "docker", "null"];

/** Load goes to servers of this machine, unless somebody says that another is theirs. */
function targetOf(written: string, isOwned: boolean): string {
  if (TARGETS.includes(written)) return written;
  if (!/^https?:\/\//.test(written) || !URL.canParse(written)) {
    if (/[.:]/.test(written)) throw new BadFlags(`--target takes an origin with its scheme: https://${written}`);
    throw new BadFlags(`There is no target ${written}; ${offer(written, TARGETS)} The origin of a server is one, too.`);
  }
  const url = new URL(written);
  if (url.href !== `${url.origin}/`) throw new BadFlags("--target takes an origin: scheme, host and port.");
  if (!isLoopback(url.hostname) && !isOwned) {
    throw new BadFlags(`${url.host} is not on this machine. If it is yours, say so with --i-own-this-server.`);
  }
  return url.origin;
}

/** Whether a name in an address means this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
