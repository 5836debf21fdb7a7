import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { GeneratorCalls, Side } from "./generator/main.ts";
import { shareAt } from "./open-share.ts";
import type { BenchPath } from "./paths/path.ts";
import type { Peer } from "./peer.ts";
import type { Child, Children } from "./process/children.ts";
import { type PathReport, type Round, summarise, type Turn } from "./report.ts";
import type { OursCalls } from "./servers/ours.ts";
import type { RivalCalls } from "./servers/rival.ts";
import type { UseCalls } from "./servers/use.ts";
import type { YardstickCalls } from "./servers/yardstick.ts";

const OURS = new URL("./servers/ours.ts", import.meta.url);
const YARDSTICK = new URL("./servers/yardstick.ts", import.meta.url);
const RIVAL = new URL("./servers/rival.ts", import.meta.url);
const GENERATOR = new URL("./generator/main.ts", import.meta.url);

/** After so many requests, or so many seconds, the code is compiled. The warm-up also shows how many requests a round will need. */
const WARM_UP = { requests: 12_000, seconds: 5 };
/** How many more requests are made than the fastest round so far would have needed. */
const RESERVE = 1.3;
/** A rival may be slow by far: it is asked this often in each of the first rounds, one request after the other. */
const RIVAL_TURNS = { rounds: 3, requests: 2, seconds: 10 };

export interface Plan {
  seconds: number;
  rounds: number;
  connections: number;
  /** Where the servers keep what they keep. */
  folder: string;
}

export interface Surroundings {
  children: Children;
  peer: Peer;
  progress(line: string): void;
}

/** Starts both servers and the generator, and lets the servers take turns. */
export async function measurePath(path: BenchPath, plan: Plan, surroundings: Surroundings): Promise<PathReport> {
  const { children, progress } = surroundings;
  const servers: Servers = {
    ours: children.start<OursCalls>(`${path.name}: the server under test`, OURS),
    yardstick: children.start<YardstickCalls>(`${path.name}: the yardstick`, YARDSTICK),
  };
  const generator = children.start<GeneratorCalls>(`${path.name}: the generator`, GENERATOR);
  if (path.rival !== undefined) {
    servers.rival = children.start<RivalCalls>(`${path.name}: ${path.rival.name}`, RIVAL);
  }
  await makeReady(path, plan, servers, generator, surroundings);

  const fastest: Record<Side, number> = { ours: 0, yardstick: 0 };
  const inUse: Record<Side, Child<UseCalls>> = servers;
  const rivalTurns: Turn[] = [];
  const measure = async (side: Side, seconds: number, requests: number): Promise<Round[Side]> => {
    const patience = seconds * 1000 + 60_000;
    await generator.call("fill", { side, count: requests }, patience);
    await inUse[side].call("begin", null);
    const { connections } = plan;
    const load = await generator.call("run", { side, seconds, atMost: requests, connections }, patience);
    const use = await inUse[side].call("end", null);
    fastest[side] = Math.max(fastest[side], load.requestsPerSecond);
    return { load, use };
  };
  const turn = (side: Side) => measure(side, plan.seconds, Math.ceil(fastest[side] * plan.seconds * RESERVE));

  for (const side of ["ours", "yardstick"] as const) {
    await measure(side, Math.min(WARM_UP.seconds, plan.seconds * plan.rounds), WARM_UP.requests);
    await generator.call("forget", side);
  }
  const rounds: Round[] = [];
  while (rounds.length < plan.rounds) {
    const round = rounds.length % 2 === 0 ? await inOrder(turn, "ours") : await inOrder(turn, "yardstick");
    rounds.push(round);
    if (servers.rival !== undefined && rounds.length <= RIVAL_TURNS.rounds) {
      rivalTurns.push(await rivalTurn(servers.rival, generator));
    }
    const [ours, yardstick] = [round.ours.load.requestsPerSecond, round.yardstick.load.requestsPerSecond];
    progress(
      `${path.name}: round ${rounds.length} of ${plan.rounds}, ${Math.round(ours)}/s, ` +
        `yardstick ${Math.round(yardstick)}/s, ratio ${(ours / yardstick).toFixed(2)}`,
    );
  }
  await Promise.all([servers.ours.stop(), servers.yardstick.stop(), servers.rival?.stop(), generator.stop()]);
  return summarise(rounds, path.rival && { name: path.rival.name, turns: rivalTurns });
}

interface Servers {
  ours: Child<OursCalls>;
  yardstick: Child<YardstickCalls>;
  rival?: Child<RivalCalls>;
}

async function rivalTurn(rival: Child<UseCalls>, generator: Child<GeneratorCalls>): Promise<Turn> {
  await rival.call("begin", null);
  const { seconds, requests: atMost } = RIVAL_TURNS;
  const load = await generator.call("run", { side: "rival", seconds, atMost, connections: 1 });
  return { load, use: await rival.call("end", null) };
}

async function makeReady(
  path: BenchPath,
  plan: Plan,
  servers: Servers,
  generator: Child<GeneratorCalls>,
  { peer }: Surroundings,
): Promise<void> {
  const folders = { ours: join(plan.folder, "ours"), yardstick: join(plan.folder, "yardstick") };
  await Promise.all(Object.values(folders).map((folder) => mkdir(folder, { recursive: true })));
  const ours = await servers.ours.call("start", { folder: folders.ours });
  const { host, keyid, publicJwk } = peer.identity;
  const material = await path.collect({
    origin: ours,
    files: join(folders.ours, "files"),
    async createShares(count) {
      const before = peer.shares.length;
      await servers.ours.call("createShares", { count, peer: host });
      return peer.shares.slice(before).map((share) => share.sharedSecret);
    },
    openShare: (shared, permissions) => shareAt({ server: servers.ours, origin: ours, peer }, shared, permissions),
  });
  const setup = { path: path.name, material };
  const yardstick = await servers.yardstick.call("start", {
    ...setup,
    peer: { host, keyid, publicJwk },
    folder: folders.yardstick,
  });
  const rival = await servers.rival?.call("start", { folder: path.rival?.folder(material) ?? folders.ours });
  await generator.call("open", { ...setup, identity: peer.identity, origins: { ours, yardstick, rival } });
}

/** Both servers once. Who begins changes, so that neither always runs on a warmer or colder machine. */
async function inOrder(turn: (side: Side) => Promise<Round[Side]>, first: Side): Promise<Round> {
  if (first === "ours") {
    const ours = await turn("ours");
    return { ours, yardstick: await turn("yardstick") };
  }
  const yardstick = await turn("yardstick");
  return { ours: await turn("ours"), yardstick };
}
