import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bothPlans, type FaultName, type FaultPlan, faultPlan } from "../faults/faults.ts";
import type { Message } from "../faults/message.ts";
import { type PeerProxy, startProxy } from "../faults/proxy.ts";
import { httpRole, type Role, type ServerAddress } from "../roles.ts";
import type { Stage } from "../scenarios/stage.ts";
import { type CastMember, castMember } from "./cast.ts";
import { configOf } from "./federation.ts";
import { startLegacyServer } from "./legacy-server.ts";
import { type ServerProcess, startServer } from "./server-process.ts";
import { CLOCK_VARIABLE, type StagedMessage } from "./staged.ts";

const STAGED = fileURLToPath(new URL("./staged-server.ts", import.meta.url));
const COMMAND = fileURLToPath(new URL("../../plugin/cli/main.ts", import.meta.url));

/** Servers that run for one scenario, each a process of its own behind a proxy. */
export interface RunningStage extends Stage {
  roles: Role[];
  /** All that servers said to each other so far. */
  messages: Omit<Message, "from">[];
  /** Rejects when a server ends unasked; never resolves. */
  ended: Promise<never>;
  /** The fault of the run, which no scenario can end; null: none. */
  sufferAlways(fault: FaultName | null): void;
  close(): Promise<void>;
}

/** The kinds of server that can play a part. A legacy one can only receive. */
export const KINDS = ["koa-ocm", "legacy"] as const;
export type Kind = (typeof KINDS)[number];

/** Starts what a run needs: servers of these kinds, whose data is below the folder. */
export type OpenStage = (kinds: readonly Kind[], folder: string, seed: string) => Promise<RunningStage>;

/** What the stage does with one server. */
interface StagedServer {
  role: Role;
  proxy: PeerProxy;
  start(clockAheadMs: number): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  rotateKeys(): Promise<void>;
}

/**
 * Starts a server of each kind and resolves when all of them answer.
 *
 * @param folder what they keep is below it
 * @param seed what faults do follows from it
 * @throws ServerEnded after the others were stopped
 */
export async function openStage(kinds: readonly Kind[], folder: string, seed: string): Promise<RunningStage> {
  const messages: RunningStage["messages"] = [];
  const { promise: ended, reject: fail } = Promise.withResolvers<never>();
  ended.catch(() => undefined);
  const watch = (message: Omit<Message, "number" | "from">) => {
    messages.push(Object.assign(message, { number: messages.length + 1 }));
  };
  const servers = new Map<string, StagedServer>();
  let ofRun: FaultPlan | null = null;
  let ofScenario: FaultPlan | null = null;
  const planOf = (fault: FaultName | null) => (fault === null ? null : faultPlan(fault, seed));
  const apply = (): void => {
    for (const { proxy } of servers.values()) proxy.suffer(bothPlans(ofRun, ofScenario));
  };
  let isClosed = false;
  const close = async (): Promise<void> => {
    isClosed = true;
    await Promise.all([...servers.values()].map((server) => server.stop()));
    await Promise.all([...servers.values()].map(({ proxy }) => proxy.close()));
  };
  const called = ({ name }: ServerAddress): StagedServer => {
    const server = servers.get(name);
    if (server === undefined) throw new Error(`No server ${name} is on this stage.`);
    return server;
  };
  try {
    for (const [index, kind] of kinds.entries()) {
      const proxy = await startProxy({ name: castMember(index, 1).server.name, watch });
      const member = castMember(index, proxy.port);
      const server = kind === "legacy" ? await stagedLegacy(member, proxy) : stagedServer(member, proxy, folder, fail);
      servers.set(member.server.name, server);
    }
    await Promise.all([...servers.values()].map((server) => server.start(0)));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    roles: [...servers.values()].map(({ role }) => role),
    messages,
    ended,
    close,
    stop: (server) => called(server).stop(),
    kill: (server) => called(server).kill(),
    async start(server, clockAheadMs = 0) {
      // A scenario that was interrupted may still be under way.
      if (isClosed) throw new Error("The stage is closed.");
      await called(server).start(clockAheadMs);
    },
    rotateKeys: (server) => called(server).rotateKeys(),
    suffer(fault) {
      ofScenario = planOf(fault);
      apply();
    },
    sufferAlways(fault) {
      ofRun = planOf(fault);
      apply();
    },
  };
}

function stagedServer(
  member: CastMember,
  proxy: PeerProxy,
  folder: string,
  fail: (reason: unknown) => void,
): StagedServer {
  const { account } = member;
  const config = configOf(member, folder);
  let process: ServerProcess | undefined;
  let entrance = member.server.origin;
  const over = async (end: (running: ServerProcess) => Promise<void>): Promise<void> => {
    const running = process;
    process = undefined;
    proxy.passTo(null);
    if (running !== undefined) await end(running);
  };
  const server: ServerAddress = { ...member.server, entrance: () => entrance };
  return {
    role: httpRole(server, account),
    proxy,
    async start(clockAheadMs) {
      if (process !== undefined) throw new Error(`${server.name} runs already.`);
      await mkdir(config.dataDir, { recursive: true });
      process = startServer(config, STAGED, { [CLOCK_VARIABLE]: String(clockAheadMs) });
      process.ended.catch(fail);
      const { port } = (await process.ready) as StagedMessage;
      entrance = `http://127.0.0.1:${port}`;
      proxy.passTo({ host: "127.0.0.1", port });
    },
    stop: () => over((running) => running.stop()),
    kill: () => over((running) => running.kill()),
    async rotateKeys() {
      const database = `file:${join(config.dataDir, "ocm.sqlite")}`;
      const words = ["keys", "rotate", "--database", database, "--origin", member.server.origin];
      await promisify(execFile)(globalThis.process.execPath, [COMMAND, ...words]);
    },
  };
}

/** A legacy server is in this process; while it is stopped, nobody reaches it. */
async function stagedLegacy({ server, account }: CastMember, proxy: PeerProxy): Promise<StagedServer> {
  const { role, port, close } = await startLegacyServer(account.username, server);
  const away = async (): Promise<void> => proxy.passTo(null);
  return {
    role,
    proxy: { ...proxy, close: () => close().then(proxy.close) },
    async start() {
      proxy.passTo({ host: "127.0.0.1", port });
    },
    stop: away,
    kill: away,
    async rotateKeys() {
      throw new Error(`${server.name} has no keys.`);
    },
  };
}
