import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Begun, Orders } from "../faults/hooks/orders.ts";
import type { PeerProxy } from "../faults/proxy.ts";
import { NoAnswer } from "../http.ts";
import { httpRole, type Role, type ServerAddress } from "../roles.ts";
import { originOf, type ServerConfig } from "../server/config.ts";
import type { CastMember } from "./cast.ts";
import { ServerEnded, type ServerProcess, startServer } from "./server-process.ts";
import { CLOCK_VARIABLE, type StagedMessage } from "./staged.ts";

const STAGED = fileURLToPath(new URL("./staged-server.ts", import.meta.url));
const HOOKS = new URL("../faults/hooks/preload.ts", import.meta.url).href;
const COMMAND = fileURLToPath(new URL("../../plugin/cli/main.ts", import.meta.url));

/** What the stage does with one server. */
export interface StagedServer {
  role: Role;
  proxy: PeerProxy;
  start(clockAheadMs: number): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  rotateKeys(): Promise<void>;
  startElsewhere(): Promise<string>;
  movePrefix(prefix: string): Promise<void>;
  /** What its process suffers from, by the number of its lives so far; each new process is told, too. */
  suffer(orders: ((life: number) => Orders) | null): void;
  /** Resolves when nothing is under way with it any more: it runs again if it has died on orders. */
  settled(): Promise<void>;
}

/** Who wants to know of what happens to a server that nobody on the stage asked for. */
export interface StageEvents {
  /** It has ended, and not on orders. */
  died(reason: unknown): void;
  /** It did what it was ordered to, in a few words. */
  harmed(what: string): void;
}

/** A server of ours, as a process. What is done to it is done one thing after the other. */
export function stagedServer(
  member: CastMember,
  config: ServerConfig,
  proxy: PeerProxy,
  { died, harmed }: StageEvents,
): StagedServer {
  const { account } = member;
  let running: ServerProcess | null = null;
  /** Null: it is down. */
  let entrance: string | null = null;
  let prefix = config.prefix ?? "/ocm";
  let clockAhead = 0;
  let life = 0;
  let ordersOf: ((life: number) => Orders) | null = null;
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const done = queue.then(act);
    queue = done.catch(() => undefined);
    return done;
  };
  const server: ServerAddress = {
    ...member.server,
    entrance() {
      if (entrance === null) throw new NoAnswer(`Whoever asked ${member.server.name}`, new Error("it is down"));
      return entrance;
    },
  };

  async function launch(): Promise<void> {
    await mkdir(config.dataDir, { recursive: true });
    const environment = { [CLOCK_VARIABLE]: String(clockAhead) };
    const process_ = startServer({ ...config, prefix }, STAGED, environment, {
      preload: HOOKS,
      heard: (message) => {
        if (isBegun(message)) harmed(`${server.name}: ${message.begun}`);
      },
    });
    running = process_;
    process_.ended.catch((error) => {
      if (!(error instanceof ServerEnded) || error.ordered === null) return died(error);
      leave();
      harmed(`${server.name} killed ${error.ordered}`);
      // Unless somebody has stopped it in the meantime.
      void inTurn(async () => {
        if (running !== process_) return;
        life += 1;
        await launch();
      }).catch(died);
    });
    const { port } = (await process_.ready) as StagedMessage;
    entrance = `http://127.0.0.1:${port}`;
    proxy.passTo({ host: "127.0.0.1", port });
    if (ordersOf !== null) process_.tell({ orders: ordersOf(life) });
  }

  function leave(): void {
    entrance = null;
    proxy.passTo(null);
  }

  const over = (end: (process_: ServerProcess) => Promise<void>): Promise<void> =>
    inTurn(async () => {
      const process_ = running;
      running = null;
      leave();
      if (process_ !== null) await end(process_);
    });

  function mustBeDown(): void {
    if (running !== null) throw new Error(`${server.name} runs.`);
  }

  return {
    role: httpRole(server, account, () => `${prefix}/api/v1`),
    proxy,
    start: (clockAheadMs) =>
      inTurn(async () => {
        mustBeDown();
        clockAhead = clockAheadMs;
        await launch();
      }),
    stop: () => over((process_) => process_.stop()),
    kill: () => over((process_) => process_.kill()),
    rotateKeys: () =>
      inTurn(async () => {
        mustBeDown();
        const database = `file:${join(config.dataDir, "ocm.sqlite")}`;
        const words = ["keys", "rotate", "--database", database, "--origin", originOf(config)];
        await promisify(execFile)(process.execPath, [COMMAND, ...words]);
      }),
    startElsewhere: () =>
      inTurn(async () => {
        mustBeDown();
        const moved = startServer({ ...config, prefix, origin: elsewhere(originOf(config)) }, STAGED);
        const refusal = await moved.ready.catch((error: unknown) => error);
        await moved.stop();
        if (refusal instanceof ServerEnded) return refusal.said;
        throw new Error(`${server.name} has started as another server, with the database that it had.`);
      }),
    movePrefix: (path) =>
      inTurn(async () => {
        mustBeDown();
        prefix = path;
      }),
    suffer(orders) {
      ordersOf = orders;
      running?.tell({ orders: orders?.(life) ?? {} });
    },
    async settled() {
      for (let last: unknown; last !== queue; ) {
        last = queue;
        await queue;
      }
    },
  };
}

/** The same machine by the next port. */
function elsewhere(origin: string): string {
  const url = new URL(origin);
  url.port = String(Number(url.port) + 1);
  return url.origin;
}

function isBegun(message: unknown): message is Begun {
  return typeof message === "object" && message !== null && "begun" in message;
}
