import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DEATH_MARK } from "../faults/hooks/orders.ts";
import { CONFIG_VARIABLE, type ServerConfig } from "../server/config.ts";

const MAIN = fileURLToPath(new URL("../server/main.ts", import.meta.url));
/** Where Node keeps compiled code between starts: it halves the time that a server takes to load. */
const COMPILED = fileURLToPath(new URL("../../node_modules/.cache/koa-ocm/compiled", import.meta.url));
/** Milliseconds for a server's own end, before it is killed. */
const LONGEST_END_MS = 8000;
/** How much of what a server wrote to standard error is kept for the sentence on its end. */
const KEPT_CHARACTERS = 2000;
const EXIT_PORT_TAKEN = 2;

/** A server that ended although nobody asked it to. */
export class ServerEnded extends Error {
  readonly portTaken: boolean;
  /** All that it has said about it. */
  readonly said: string;
  /** The one line in which it has said why it does not start; null: it has not, or something else. */
  readonly refusal: string | null;
  /** The point at which it has died as it was ordered to; null: it was not. */
  readonly ordered: string | null;
  constructor(message: string, portTaken: boolean, said = "") {
    super(message);
    this.name = "ServerEnded";
    this.portTaken = portTaken;
    this.said = said;
    // What nobody has foreseen comes with a stack.
    this.refusal = said === "" || said.includes("\n") || said.startsWith(DEATH_MARK) ? null : said;
    const [last = ""] = said.split("\n").slice(-1);
    this.ordered = last.startsWith(DEATH_MARK) ? last.slice(DEATH_MARK.length) : null;
  }
}

/** One demo server as a child process. It ends by itself when this process is gone. */
export interface ServerProcess {
  pid: number | undefined;
  /** Resolves with its message when it answers. @throws ServerEnded */
  ready: Promise<unknown>;
  /** Rejects with ServerEnded when the process ends unasked; never resolves. */
  ended: Promise<never>;
  /** Tells it something, if it is there to hear it. */
  tell(message: object): void;
  stop(): Promise<void>;
  /** Ends it at once, as a machine that fails. */
  kill(): Promise<void>;
}

/** What goes with a server process beside what it runs. */
export interface StartOptions {
  /** A module that it loads before its own. */
  preload?: string;
  /** Called with each message after the first, which is the one that it is ready. */
  heard?(message: unknown): void;
}

/** @param module what the process runs @param environment variables beside those of this process */
export function startServer(
  config: ServerConfig,
  module = MAIN,
  environment: Record<string, string> = {},
  { preload, heard }: StartOptions = {},
): ServerProcess {
  const child = fork(module, {
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, ...environment, [CONFIG_VARIABLE]: JSON.stringify(config) },
    execArgv: preload === undefined ? process.execArgv : [...process.execArgv, "--import", preload],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let stopping = false;
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  });

  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const ended = new Promise<never>((_resolve, reject) => {
    const fail = (how: string, portTaken: boolean) =>
      reject(new ServerEnded(`${config.name} ${how}`, portTaken, said.trim()));
    child.once("error", (error) => fail(`could not be started: ${error.message}`, false));
    child.once("close", (code, signal) => {
      if (!stopping) {
        fail(`ended unasked (${signal ?? `exit code ${code}`}). ${said.trim()}`.trim(), code === EXIT_PORT_TAKEN);
      }
    });
  });
  ended.catch(() => undefined);
  const answers = new Promise<unknown>((resolve) => {
    child.once("message", (message) => {
      resolve(message);
      child.on("message", (later) => heard?.(later));
    });
  });

  return {
    pid: child.pid,
    ready: Promise.race([answers, ended]),
    ended,
    tell(message) {
      // A process that is ending has closed its channel.
      if (child.connected) child.send(message, () => undefined);
    },
    async stop() {
      stopping = true;
      await stopped(child, exited);
    },
    async kill() {
      stopping = true;
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function stopped(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), LONGEST_END_MS);
  await exited;
  clearTimeout(late);
}
