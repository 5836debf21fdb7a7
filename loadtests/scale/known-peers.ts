import { randomBytes } from "node:crypto";
import { count, duration } from "../../testbed/plots/format.ts";
import type { Child } from "../bench/process/children.ts";
import { type Figure, oneSheet, type Plan, type ScaleCurve, type Scene } from "./curve.ts";
import type { GeneratorCalls } from "./generator.ts";
import type { Players } from "./players.ts";
import type { PlayersCalls } from "./players-server.ts";
import { GENERATOR, PLAYERS_SERVER } from "./programs.ts";
import { CONNECTIONS, measureLoads } from "./rounds.ts";
import { startServer } from "./server.ts";

const NAME = "known-peers";
const INTAKE = "share intake";
const PEOPLE = 5000;
/** Peers that send their first share, and keys that are made, between two lines of progress. */
const CHUNK = 10_000;
const CHUNK_MS = 300_000;
const BYTES_PER_PEER = 10_000;
const BYTES_BESIDE = 500 * 2 ** 20;

/** Peers that take turns in sending shares. */
export const knownPeers: ScaleCurve = {
  name: NAME,
  about: "signed intake, by peers that take turns: each has a key and a host name of its own",
  x: "peers that take turns",
  sizes: [10, 100, 1000, 1e4, 1e5],
  sheets: oneSheet("What many peers cost"),
  note: "Each peer has sent a share before, and is one that the operator named. All of them are one process of this machine, and their names are resolved in the server's process.",
  room: (size) => BYTES_BESIDE + size * BYTES_PER_PEER,

  async measure(plan, scene) {
    const players = scene.children.start<PlayersCalls>(`${NAME}: the peers`, PLAYERS_SERVER);
    const seed = randomBytes(16).toString("hex");
    const all: Players = { seed, port: await players.call("start", { seed }) };
    for (const size of plan.sizes) {
      for (let ready = 0; ready < size; ready += CHUNK) {
        await players.call("prepare", Math.min(ready + CHUNK, size), CHUNK_MS);
      }
      await scene.found({ size, figures: await measureSize(size, { all, players }, plan, scene) });
    }
    await players.stop();
  },
};

interface Peers {
  all: Players;
  players: Child<PlayersCalls>;
}

/** A server of its own for each size, since a cache that was large stays so. */
async function measureSize(size: number, { all, players }: Peers, plan: Plan, scene: Scene): Promise<Figure[]> {
  const { children, progress } = scene;
  const { child, origin } = await startServer(children, NAME, `${plan.folder}/${size}`);
  const generator = children.start<GeneratorCalls>(`${NAME}: the generator`, GENERATOR);
  await generator.call("open", {
    load: INTAKE,
    origin,
    expected: { status: 201, begins: '{"recipientDisplayName":"' },
    source: { kind: "shares", origin, players: all, peers: size, people: PEOPLE },
  });
  const begun = performance.now();
  for (let known = 0; known < size; known += CHUNK) {
    const peers = Math.min(CHUNK, size - known);
    await generator.call("fill", { load: INTAKE, count: peers }, CHUNK_MS);
    const visit = { load: INTAKE, seconds: CHUNK_MS / 1000, atMost: peers, connections: Math.min(CONNECTIONS, peers) };
    await generator.call("run", visit, CHUNK_MS);
    progress(`${NAME} ${count(size)}: ${count(known + peers)} are known, ${duration(performance.now() - begun)}`);
  }
  const fetched: number[] = [];
  const answered: number[] = [];
  const figures = await measureLoads({
    plan,
    generator,
    server: [child],
    loads: [INTAKE],
    progress: (line) => progress(`${NAME} ${count(size)}: ${line}`),
    async before() {
      await players.call("documents", null);
    },
    async after(_load, { answers }) {
      fetched.push(await players.call("documents", null));
      answered.push(answers);
    },
  });
  await Promise.all([child.stop(), generator.stop()]);
  const perShare = fetched.map((documents, round) => documents / (answered[round] ?? 1));
  return [...figures, { name: "documents fetched for a share", unit: "", values: perShare }];
}
