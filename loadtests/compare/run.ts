import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { commit, type Machine, thisMachine } from "../bench/machine.ts";
import { startPeer } from "../bench/peer.ts";
import type { Children } from "../bench/process/children.ts";
import { checkOut } from "./checkout.ts";
import { comparePath } from "./compare-path.ts";
import { confirmed } from "./confirm.ts";
import type { Counts } from "./counts/count.ts";
import { type Gate, gates } from "./counts/gates.ts";
import type { CountCalls } from "./counts/main.ts";
import type { CompareOptions } from "./options.ts";
import type { Comparison } from "./verdict.ts";

const HERE = fileURLToPath(new URL("../../", import.meta.url));
const COUNTER = "loadtests/compare/counts/main.ts";
/** Connections on which requests are under way at the same time, as in the bench. */
const CONNECTIONS = 16;

/** What `--json` writes. */
export interface CompareReport {
  base: string;
  /** `+` at the end where files differ from the commit. */
  ours: string | null;
  rounds: number;
  seconds: number;
  band: number;
  machine: Machine;
  paths: Record<string, Comparison>;
  gates: Gate[];
  /** Nothing got slower, and no count rose. */
  ok: boolean;
}

export interface CompareSurroundings {
  children: Children;
  progress(line: string): void;
  signal: AbortSignal;
  /** Folder of the checkout that is judged. @default this one */
  ours?: string;
}

/** Compares one path after the other, and what can be counted. @throws NoSuchCommit, Error when anything fails */
export async function runComparison(
  { base, paths, seconds, rounds, band }: CompareOptions,
  { children, progress, signal, ours = HERE }: CompareSurroundings,
): Promise<CompareReport> {
  const folder = await mkdtemp(join(tmpdir(), "ocm-compare-"));
  const machine = thisMachine();
  const peer = await startPeer();
  const { promise: ended, reject: end } = Promise.withResolvers<never>();
  ended.catch(() => undefined);
  signal.addEventListener("abort", () => end(signal.reason), { once: true });
  try {
    const checkout = await Promise.race([checkOut(base, join(folder, "base"), progress), ended]);
    const countIn = async (place: string, name: string): Promise<Counts> => {
      const counter = children.start<CountCalls>(`the counts of ${name}`, pathToFileURL(join(place, COUNTER)));
      const counts = await counter.call("count", join(folder, `counts-${name.replaceAll(" ", "-")}`));
      await counter.stop();
      return counts;
    };
    const work = async (): Promise<CompareReport> => {
      const counts = await countIn(ours, "this checkout");
      const before = await countIn(checkout.folder, "the base").catch((error) => {
        progress(`The base cannot be counted: ${error.message.split("\n")[0]}`);
        return null;
      });
      const comparisons: Record<string, Comparison> = {};
      for (const path of paths) {
        const plan = { seconds, rounds, band, connections: CONNECTIONS, base: checkout.folder, ours };
        comparisons[path.name] = await confirmed(async () => {
          const place = await mkdtemp(join(folder, `${path.name}-`));
          const comparison = await comparePath(path, { ...plan, folder: place }, { children, peer, progress });
          if (comparison.verdict === "slower") progress(`${path.name}: slower in this run.`);
          return comparison;
        });
      }
      const judged = gates(counts, before);
      const isSlower = Object.values(comparisons).some(({ verdict }) => verdict === "slower");
      return {
        base: checkout.commit,
        ours: commit(),
        rounds,
        seconds,
        band,
        machine,
        paths: comparisons,
        gates: judged,
        ok: !isSlower && judged.every((gate) => gate.ok),
      };
    };
    return await Promise.race([work(), ended]);
  } finally {
    children.kill();
    await peer.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
