import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startContender } from "../bench/contender.ts";
import type { GeneratorCalls } from "../bench/generator/main.ts";
import type { Surroundings } from "../bench/measure-path.ts";
import type { BenchPath } from "../bench/paths/path.ts";
import { takeTurns } from "../bench/turns.ts";
import { type Comparison, compareRounds } from "./verdict.ts";

const GENERATOR = new URL("../bench/generator/main.ts", import.meta.url);
const SERVER = "loadtests/bench/servers/ours.ts";

export interface ComparePlan {
  seconds: number;
  rounds: number;
  connections: number;
  /** Where the servers keep what they keep. */
  folder: string;
  /** See `compareRounds`. */
  band: number;
  /** Folders of the two checkouts. */
  base: string;
  ours: string;
}

/** Starts the servers of both checkouts, and lets them take turns on one path. */
export async function comparePath(
  path: BenchPath,
  { base, ours, folder, band, ...plan }: ComparePlan,
  { children, peer, progress }: Surroundings,
): Promise<Comparison> {
  const generator = children.start<GeneratorCalls>(`${path.name}: the generator`, GENERATOR);
  const [own, other] = await Promise.all(
    [
      { name: "this checkout", checkout: ours },
      { name: "the base", checkout: base },
    ].map(({ name, checkout }) =>
      startContender(children, peer, {
        name: `${path.name}: ${name}`,
        file: pathToFileURL(join(checkout, SERVER)),
        folder: join(folder, name.replaceAll(" ", "-")),
      }),
    ),
  );
  if (own === undefined || other === undefined) throw new Error("There are two checkouts.");
  // One after the other: what the peer is sent belongs to one of them.
  const materials = {
    ours: await own.material(path, plan.rounds),
    yardstick: await other.material(path, plan.rounds),
  };
  const origins = { ours: own.origin, yardstick: other.origin };
  await generator.call("open", { path: path.name, identity: peer.identity, materials, origins });
  const rounds = await takeTurns({
    ...plan,
    path,
    generator,
    sides: { ours: own.processes, yardstick: other.processes },
    async after(all) {
      const last = all.at(-1);
      const [now, before] = [last?.ours.load.requestsPerSecond ?? 0, last?.yardstick.load.requestsPerSecond ?? 0];
      progress(
        `${path.name}: round ${all.length} of ${plan.rounds}, ${Math.round(now)}/s, ` +
          `base ${Math.round(before)}/s, ratio ${(now / before).toFixed(2)}`,
      );
    },
  });
  await Promise.all([own.stop(), other.stop(), generator.stop()]);
  return compareRounds(rounds, band);
}
