import { count } from "../../testbed/plots/format.ts";
import { startContender } from "../bench/contender.ts";
import { mongodbDatabases } from "../bench/databases.ts";
import type { BenchPath } from "../bench/paths/path.ts";
import { shareIntake } from "../bench/paths/share-intake.ts";
import { token } from "../bench/paths/token.ts";
import { startPeer } from "../bench/peer.ts";
import { oneSheet, type ScaleCurve } from "./curve.ts";
import type { GeneratorCalls } from "./generator.ts";
import { GENERATOR } from "./programs.ts";
import { measureLoads } from "./rounds.ts";

const NAME = "processes";
const LOADS: ReadonlyMap<string, BenchPath> = new Map<string, BenchPath>([
  ["share intake", shareIntake],
  ["token exchange", token as BenchPath],
]);
const BYTES = 300 * 2 ** 20;

/** Processes of one server over MongoDB. */
export const processes: ScaleCurve = {
  name: NAME,
  about:
    "signed intake and token exchange, by processes of one server over MongoDB (the server that MONGODB_URI names)",
  x: "processes",
  sizes: [1, 2, 4],
  sheets: oneSheet("What more processes bring"),
  note: "One server over MongoDB, its processes share one port; memory is that of all processes. The database, the generator and the peer are on the same machine.",
  room: () => BYTES,

  async measure(plan, scene) {
    const { children } = scene;
    if (plan.mongodb === undefined) throw new Error("There is no MongoDB.");
    const databases = mongodbDatabases(plan.mongodb);
    const peer = await startPeer();
    try {
      for (const size of plan.sizes) {
        const ours = await startContender(children, peer, {
          name: `${NAME}: the server under test`,
          folder: `${plan.folder}/${size}`,
          database: databases.nameOf(`scale_${size}`),
          processes: size,
        });
        const generator = children.start<GeneratorCalls>(`${NAME}: the generator`, GENERATOR);
        const { identity } = peer;
        const { origin } = ours;
        for (const [load, path] of LOADS) {
          const material = await ours.material(path, plan.rounds);
          const source = { kind: "path" as const, path: path.name, origin, identity, material };
          await generator.call("open", { load, origin, expected: path.expected, source });
        }
        const figures = await measureLoads({
          plan,
          generator,
          server: ours.processes,
          loads: [...LOADS.keys()],
          progress: (line) => scene.progress(`${NAME} ${count(size)}: ${line}`),
        });
        await Promise.all([ours.stop(), generator.stop()]);
        await scene.found({ size, figures });
      }
    } catch (error) {
      // Why it failed says more than that nothing can be tidied up.
      await databases.drop().catch(() => undefined);
      throw error;
    } finally {
      await peer.close();
    }
    await databases.drop();
  },
};
