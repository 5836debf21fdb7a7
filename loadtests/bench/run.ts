import type { KeyObject } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BIG, measureBig } from "./big/measure-big.ts";
import { mongodbDatabases } from "./databases.ts";
import { commit, thisMachine, versions } from "./machine.ts";
import { measurePath } from "./measure-path.ts";
import type { BenchOptions } from "./options.ts";
import { startPeer } from "./peer.ts";
import type { Children } from "./process/children.ts";
import type { Report } from "./report.ts";

/** Connections on which requests are under way at the same time. */
const CONNECTIONS = 16;

export interface BenchSurroundings {
  children: Children;
  progress(line: string): void;
  /** Ends the run. */
  signal?: AbortSignal;
  /** A key that the peer does not publish: it makes every signature a wrong one. */
  signWith?: KeyObject;
}

/** Measures one path after the other. @throws Error when anything fails, a single wrong answer included */
export async function runBench(options: BenchOptions, surroundings: BenchSurroundings): Promise<Report> {
  const { children, progress, signal, signWith } = surroundings;
  const report: Report = {
    paths: {},
    connections: CONNECTIONS,
    seconds: options.seconds,
    rounds: options.rounds,
    yardstick: options.koa ? "koa" : "node:http",
    database: options.mongodb === undefined ? "sqlite" : "mongodb",
    processes: options.processes,
    machine: thisMachine(),
    versions: versions(),
    commit: commit(),
  };
  const folder = await mkdtemp(join(tmpdir(), "ocm-bench-"));
  const databases = options.mongodb === undefined ? null : mongodbDatabases(options.mongodb);
  const peer = await startPeer(signWith);
  try {
    if (options.flame !== undefined) await mkdir(options.flame, { recursive: true });
    const unlessEnded = <T>(work: Promise<T>) => (signal === undefined ? work : endedBy(signal, work));
    for (const path of options.paths) {
      const database = databases?.nameOf(path.name);
      const flame = options.flame === undefined ? undefined : join(options.flame, `flame-${path.name}.svg`);
      const plan = { ...options, connections: CONNECTIONS, folder: join(folder, path.name), database, flame };
      report.paths[path.name] = await unlessEnded(measurePath(path, plan, { children, peer, progress }));
    }
    if (options.big) {
      const plan = { ...BIG, folder: join(folder, "big") };
      report.big = await unlessEnded(measureBig(plan, { children, peer, progress }));
    }
    return report;
  } finally {
    children.kill();
    await databases?.drop();
    await peer.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The promise, unless the signal comes first. */
function endedBy<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const ended = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return Promise.race([promise, ended]);
}
