import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Contender, startContender } from "./contender.ts";
import { drawFlame } from "./flame/flame.ts";
import type { GeneratorCalls } from "./generator/main.ts";
import type { BenchPath } from "./paths/path.ts";
import type { Peer } from "./peer.ts";
import type { Child, Children } from "./process/children.ts";
import { type PathReport, summarise, type Turn } from "./report.ts";
import type { RivalCalls } from "./servers/rival.ts";
import type { UseCalls } from "./servers/use.ts";
import type { YardstickCalls } from "./servers/yardstick.ts";
import { takeTurns } from "./turns.ts";

const YARDSTICK = new URL("./servers/yardstick.ts", import.meta.url);
const RIVAL = new URL("./servers/rival.ts", import.meta.url);
const GENERATOR = new URL("./generator/main.ts", import.meta.url);

/** A rival may be slow by far: it is asked this often in each of the first rounds, one request after the other. */
const RIVAL_TURNS = { rounds: 3, requests: 2, seconds: 10 };

export interface Plan {
  seconds: number;
  rounds: number;
  connections: number;
  /** Where the servers keep what they keep. */
  folder: string;
  /** URL of a MongoDB database for the server under test; absent: SQLite. */
  database?: string | undefined;
  /** Of the server under test. */
  processes?: number;
  /** The yardstick stands on a bare Koa. @default false */
  koa?: boolean;
  /** File for a flame graph of the server under test, of its first process where it has several; absent: it is not profiled. */
  flame?: string | undefined;
}

export interface Surroundings {
  children: Children;
  peer: Peer;
  progress(line: string): void;
}

/** Starts both servers and the generator, and lets the servers take turns. */
export async function measurePath(path: BenchPath, plan: Plan, surroundings: Surroundings): Promise<PathReport> {
  const { children, peer, progress } = surroundings;
  const { database, processes = 1 } = plan;
  const yardstick = children.start<YardstickCalls>(`${path.name}: the yardstick`, YARDSTICK);
  const generator = children.start<GeneratorCalls>(`${path.name}: the generator`, GENERATOR);
  const { rival: rivalPlan } = path;
  const rival =
    rivalPlan === undefined ? undefined : children.start<RivalCalls>(`${path.name}: ${rivalPlan.name}`, RIVAL);
  const ours = await startContender(children, peer, {
    name: `${path.name}: the server under test`,
    folder: join(plan.folder, "ours"),
    database,
    processes,
  });
  await makeReady(path, plan, { ours, yardstick, generator, rival }, peer);

  const rivalTurns: Turn[] = [];
  const [first] = ours.processes;
  const rounds = await takeTurns({
    ...plan,
    path,
    generator,
    sides: { ours: ours.processes, yardstick: [yardstick] },
    async after(all) {
      // By now the code is warm, and what began the server is over.
      if (plan.flame !== undefined && all.length === 1) await first?.call("beginProfile", null);
      if (rival !== undefined && all.length <= RIVAL_TURNS.rounds) rivalTurns.push(await rivalTurn(rival, generator));
      const last = all.at(-1);
      const [own, other] = [last?.ours.load.requestsPerSecond ?? 0, last?.yardstick.load.requestsPerSecond ?? 0];
      progress(
        `${path.name}: round ${all.length} of ${plan.rounds}, ${Math.round(own)}/s, ` +
          `yardstick ${Math.round(other)}/s, ratio ${(own / other).toFixed(2)}`,
      );
    },
  });
  if (plan.flame !== undefined && first !== undefined) {
    await writeFile(plan.flame, drawFlame(path.name, await first.call("endProfile", null)));
    progress(`${path.name}: ${plan.flame}`);
  }
  await Promise.all([ours.stop(), yardstick.stop(), rival?.stop(), generator.stop()]);
  return summarise(rounds, rivalPlan && { name: rivalPlan.name, turns: rivalTurns });
}

interface Servers {
  ours: Contender;
  yardstick: Child<YardstickCalls>;
  generator: Child<GeneratorCalls>;
  rival: Child<RivalCalls> | undefined;
}

async function rivalTurn(rival: Child<UseCalls>, generator: Child<GeneratorCalls>): Promise<Turn> {
  await rival.call("begin", null);
  const { seconds, requests: atMost } = RIVAL_TURNS;
  const load = await generator.call("run", { side: "rival", seconds, atMost, connections: 1 });
  return { load, use: await rival.call("end", null) };
}

async function makeReady(path: BenchPath, plan: Plan, servers: Servers, { identity }: Peer): Promise<void> {
  const material = await servers.ours.material(path, plan.rounds);
  const { host, keyid, publicJwk } = identity;
  const folder = join(plan.folder, "yardstick");
  await mkdir(folder, { recursive: true });
  const peer = { host, keyid, publicJwk };
  const yardstick = await servers.yardstick.call("start", {
    path: path.name,
    material,
    peer,
    folder,
    koa: plan.koa ?? false,
  });
  const rival = await servers.rival?.call("start", {
    folder: path.rival?.folder(material) ?? join(plan.folder, "ours"),
  });
  const materials = { ours: material, yardstick: material };
  const origins = { ours: servers.ours.origin, yardstick, rival };
  await servers.generator.call("open", { path: path.name, identity, materials, origins });
}
