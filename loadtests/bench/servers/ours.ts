import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Koa from "koa";
import pino from "pino";
import { createOcm, folderFiles, type Host, machine, type Ocm, type Permission } from "../../../plugin/index.ts";
import { profileCalls } from "../flame/profile.ts";
import { serveCalls } from "../process/calls.ts";
import { listen } from "./listen.ts";
import { memoryCalls } from "./memory.ts";
import { useCalls } from "./use.ts";

export interface OursSetup {
  /** A folder on disk. Its folder `files` is everybody's root. */
  folder: string;
  /** URL of a MongoDB database; absent: SQLite in the folder. */
  database?: string | undefined;
  /** @default a free one */
  port?: number;
  /** Other processes of this server listen at the port too. @default false */
  shared?: boolean;
  /** A host name: every name below it is on this machine, and a peer such as those at localhost are. */
  peersBelow?: string;
}

/** No limit on floods may end a round. */
const NO_LIMIT = 1e12;
const TOGETHER = 32;
/** On a busy machine the peer may need longer than the two seconds for which the plugin waits. */
const POLL_MS = 50;
const FILE = "report.txt";
const ON_LOOPBACK = { allowInsecureHttp: true, allowPrivateAddresses: true };

let ocm: Ocm | undefined;
let system: ReturnType<typeof machine> | undefined;

const calls = {
  ...useCalls(),
  ...memoryCalls(),
  ...profileCalls(),

  /** A Koa app with the plugin, its database and its log on disk. @returns its origin */
  start: ({ folder, database, peersBelow, ...place }: OursSetup): Promise<string> =>
    listen(async (origin) => {
      mkdirSync(join(folder, "files"), { recursive: true });
      writeFileSync(join(folder, "files", FILE), "A report.\n");
      if (peersBelow !== undefined) system = machine({ lookup: async () => ["127.0.0.1"] });
      ocm = await createOcm({
        origin,
        database: database ?? `file:${join(folder, "ocm.sqlite")}`,
        host: hostAt(join(folder, "files")),
        peers: {
          "localhost:*": ON_LOOPBACK,
          ...(peersBelow === undefined ? {} : { [`*.${peersBelow}:*`]: ON_LOOPBACK }),
        },
        ...(system === undefined ? {} : { system }),
        limits: { requestsPerPeer: NO_LIMIT },
        logger: pino(
          { level: "info" },
          pino.destination({ dest: join(folder, `server-${process.pid}.log`), sync: true }),
        ),
      });
      await ocm.ready();
      const app = new Koa();
      app.use(ocm.middleware());
      return app.callback();
    }, place),

  /** Shares one file or folder with somebody at the peer. */
  async share({ path, permissions, peer }: { path: string; permissions: Permission[]; peer: string }): Promise<void> {
    await taken(await started().api.sent.create("user0", { path, permissions, shareWith: `somebody@${peer}` }));
  },

  /** Shares of one file to people at a peer, each announced to it and taken by it. */
  async createShares({ count, peer }: { count: number; peer: string }): Promise<void> {
    const { api } = started();
    let next = 0;
    const createSome = async () => {
      while (next < count) {
        await taken(await api.sent.create("user0", { path: `/${FILE}`, shareWith: `person${next++}@${peer}` }));
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, createSome));
  },
};

/** Waits until the peer has answered. @throws Error when it has not taken the share */
async function taken(share: Awaited<ReturnType<Ocm["api"]["sent"]["create"]>>): Promise<void> {
  let { status, reason } = share;
  while (status === "announcing") {
    await delay(POLL_MS);
    ({ status, reason } = await started().api.sent.get("user0", share.id));
  }
  if (status !== "pending") throw new Error(`A share is ${status}: ${reason?.message}`);
}

function started(): Ocm {
  if (ocm === undefined) throw new Error("The server has not been started.");
  return ocm;
}

/** Everybody called `user` and a number lives here. */
function hostAt(folder: string): Host {
  return {
    users: { find: async (id) => (/^user\d+$/.test(id) ? { id, displayName: `The ${id}` } : undefined) },
    files: folderFiles(() => folder),
    session: { authenticate: async ({ headers }) => named(headers["x-user"]), forgery: () => null },
  };
}

/** Everybody is who they say: nobody but the bench reaches this server. */
function named(id: string | string[] | undefined): { id: string } | undefined {
  return typeof id === "string" ? { id } : undefined;
}

export type OursCalls = typeof calls;

serveCalls(calls, async () => {
  await ocm?.close();
  await system?.close();
});
