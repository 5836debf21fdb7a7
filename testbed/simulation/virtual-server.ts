import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import Koa, { type Middleware } from "koa";
import { createOcm, type HostSession, type Logger, type Ocm, type OcmOptions } from "../../plugin/index.ts";
import type { VirtualClock } from "./clock.ts";
import { type MemoryFiles, memoryFiles } from "./files.ts";
import type { Network } from "./network.ts";
import { type SeededBytes, seededBytes } from "./random.ts";
import { type VirtualSystem, virtualSystem } from "./virtual-system.ts";

/** The server died before it had answered: nobody knows what has come of the request. */
export class ServerGone extends Error {}

/** A plugin instance in a Koa application, without a socket and in virtual time. */
export interface VirtualServer {
  readonly host: string;
  readonly origin: string;
  readonly files: MemoryFiles;
  /** The instance that runs now. @throws ServerGone when there is none */
  ocm(): Ocm;
  isAlive(): boolean;
  /**
   * Asks the instance something as soon as one runs.
   * @throws ServerGone when it dies meanwhile
   */
  ask<T>(question: (ocm: Ocm) => Promise<T>): Promise<T>;
  /** Ends it at once, as a power cut does. Only where it keeps its database in a folder. */
  kill(): void;
  /** Starts it again on what its database was at its death. */
  revive(): Promise<void>;
  close(): Promise<void>;
}

export interface VirtualServerOptions {
  host: string;
  seed: string;
  clock: VirtualClock;
  network: Network;
  /** Is there a person with this identifier? */
  hasPerson(id: string): boolean;
  ocm?: Partial<OcmOptions>;
  /** Where the database is kept; null: in memory. */
  folder: string | null;
  /** Milliseconds that its clock is ahead. */
  ahead: number;
  /** @default what follows from seed and host */
  random?: SeededBytes;
  /** True: it is not what others reach at its host. */
  hidden?: boolean;
  /** Who asks, where its people use the user API. @default nobody can */
  session?: HostSession;
  /** What the server has beside the plugin. @default nothing */
  routes?(ocm: Ocm, files: MemoryFiles): Middleware;
  /** Called with each instance, the first one and those after a death. */
  opened(ocm: Ocm): void;
}

/** A logger that costs nothing. */
export const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

interface Running {
  ocm: Ocm;
  system: VirtualSystem;
  /** Rejects with ServerGone. */
  death: Promise<never>;
  die(): void;
}

/** Opens a server. It answers at its host in the network from now on. */
export async function openVirtualServer(options: VirtualServerOptions): Promise<VirtualServer> {
  const { host, seed, clock, network, folder, ahead } = options;
  const origin = `https://${host}`;
  const files = memoryFiles(() => clock.now() + ahead);
  const random = options.random ?? seededBytes(seed, host);
  let generation = 0;
  let running: Running | undefined;
  let back = Promise.withResolvers<Running>();

  const path = (): string | null => (folder === null ? null : join(folder, `${host}-${generation}.sqlite`));

  async function open(): Promise<void> {
    const file = path();
    const system = virtualSystem({ host, clock, network, random, ahead });
    const ocm = await createOcm({
      origin,
      database: file === null ? "file::memory:" : `file:${file}`,
      host: {
        users: { find: async (id) => (options.hasPerson(id) ? { id, displayName: id } : undefined) },
        files,
        session: options.session ?? { authenticate: async () => undefined, forgery: () => null },
      },
      pages: false,
      userApi: options.session !== undefined,
      storage: { synchronous: "normal" },
      logger: SILENT,
      // It would be loaded from the disk, which takes real time.
      telemetry: false,
      ...options.ocm,
      system,
    });
    const app = new Koa();
    app.silent = true;
    app.use(ocm.middleware());
    if (options.routes !== undefined) app.use(options.routes(ocm, files));
    const { promise: death, reject: die } = Promise.withResolvers<never>();
    death.catch(() => undefined);
    running = { ocm, system, death, die: () => die(new ServerGone(`${host} has died.`)) };
    if (options.hidden !== true) network.connect(host, app.callback());
    options.opened(ocm);
    back.resolve(running);
  }

  await open();
  return {
    host,
    origin,
    files,
    ocm() {
      if (running === undefined) throw new ServerGone(`${host} is not there.`);
      return running.ocm;
    },
    isAlive: () => running !== undefined,
    async ask(question) {
      const { ocm, death } = running ?? (await back.promise);
      return Promise.race([question(ocm), death]);
    },
    kill() {
      const before = path();
      if (running === undefined || before === null) throw new Error(`${host} cannot die.`);
      running.system.die();
      network.connect(host, null);
      network.sever(host);
      // What a disk has when the power goes is what the files are now: each write is one call.
      generation += 1;
      for (const end of ["", "-wal"]) {
        if (existsSync(before + end)) copyFileSync(before + end, `${path()}${end}`);
      }
      back = Promise.withResolvers();
      const { die } = running;
      running = undefined;
      die();
    },
    revive: open,
    async close() {
      if (options.hidden !== true) network.connect(host, null);
      await running?.ocm.close();
    },
  };
}
