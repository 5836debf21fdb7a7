import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { shareAt } from "./open-share.ts";
import type { BenchPath } from "./paths/path.ts";
import type { Peer } from "./peer.ts";
import type { Child, Children } from "./process/children.ts";
import type { OursCalls } from "./servers/ours.ts";

const OURS = new URL("./servers/ours.ts", import.meta.url);

/** Some ten times what a share takes that is announced and answered, on a quiet machine. */
const LONGEST_SHARE_MS = 5;

/** How a server with the plugin is run. */
export interface ContenderOptions {
  /** For its errors. */
  name: string;
  /** What its processes run. @default this checkout */
  file?: URL;
  /** Where it keeps what it keeps. */
  folder: string;
  /** URL of a MongoDB database of its own. @default SQLite in the folder */
  database?: string | undefined;
  /** More than one only with MongoDB. @default 1 */
  processes?: number;
}

/** A server with the plugin in it, in as many processes as were wanted, which share one port. */
export interface Contender {
  origin: string;
  processes: readonly Child<OursCalls>[];
  /** Where its people's files are. */
  files: string;
  /** Asks it for what the requests of a path are made of. */
  material(path: BenchPath, rounds: number): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts one; it is there when all of its processes answer. */
export async function startContender(
  children: Children,
  peer: Peer,
  { name, file = OURS, folder, database, processes = 1 }: ContenderOptions,
): Promise<Contender> {
  await mkdir(folder, { recursive: true });
  const first = children.start<OursCalls>(name, file);
  const shared = processes > 1;
  const origin = await first.call("start", { folder, database, shared });
  const port = Number(new URL(origin).port);
  const others = Array.from({ length: processes - 1 }, (_, index) =>
    children.start<OursCalls>(`${name}, process ${index + 2}`, file),
  );
  await Promise.all(others.map((other) => other.call("start", { folder, database, port, shared })));
  const files = join(folder, "files");
  const { host } = peer.identity;
  return {
    origin,
    files,
    processes: [first, ...others],
    material: (path, rounds) =>
      path.collect({
        origin,
        files,
        rounds,
        async createShares(count) {
          const before = peer.shares.length;
          await first.call("createShares", { count, peer: host }, 60_000 + LONGEST_SHARE_MS * count);
          return peer.shares.slice(before);
        },
        openShare: (shared, permissions) => shareAt({ server: first, origin, peer }, shared, permissions),
      }),
    async stop() {
      await Promise.all([first, ...others].map((process) => process.stop()));
    },
  };
}
