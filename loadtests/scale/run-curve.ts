import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../testbed/write-file.ts";
import { commit, thisMachine, versions } from "../bench/machine.ts";
import type { Children } from "../bench/process/children.ts";
import type { Point, ScaleCurve } from "./curve.ts";
import { drawingsOf } from "./drawings.ts";
import type { ScaleOptions } from "./options.ts";
import { CONNECTIONS } from "./rounds.ts";
import { table } from "./table.ts";

/** One curve of a run. */
export interface CurveRun {
  curve: ScaleCurve;
  sizes: readonly number[];
  /** Does not exist yet; it is removed at the end. */
  folder: string;
  options: Pick<ScaleOptions, "seconds" | "rounds" | "json" | "mongodb">;
}

export interface CurveSurroundings {
  children: Children;
  signal: AbortSignal;
  say(line: string): void;
}

/**
 * Measures one curve, writes its files after each size, and prints its table at the end, also where it ends early.
 * @throws Error when it ends early
 */
export async function runCurve({ curve, sizes, folder, options }: CurveRun, around: CurveSurroundings): Promise<void> {
  const { children, signal, say } = around;
  const points: Point[] = [];
  const remarks: string[] = [];
  const conditions = conditionsOf(options);
  const write = async (ended: boolean) => {
    if (options.json === undefined || points.length === 0) return;
    const unfinished = ended ? [] : ["Not finished: larger sizes are missing."];
    const note = [curve.note, ...remarks, ...unfinished, conditions].join(" ");
    for (const [name, drawing] of drawingsOf(curve, points, note)) {
      await writeWhole(join(options.json, `${name}.json`), `${JSON.stringify(drawing, null, 2)}\n`);
    }
  };
  try {
    await curve.measure(
      { ...options, sizes, folder },
      {
        children,
        signal,
        progress: say,
        remark(sentence) {
          remarks.push(sentence);
          say(`${curve.name}: ${sentence}`);
        },
        async found(point) {
          points.push(point);
          await write(false);
        },
      },
    );
    signal.throwIfAborted();
    await write(true);
  } finally {
    if (points.length > 0) say(`\n${table(curve, points)}\n${conditions}\n`);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What the figures depend on. */
function conditionsOf({ seconds, rounds }: CurveRun["options"]): string {
  const { cpu, cores, memoryGiB, load } = thisMachine();
  return (
    `${CONNECTIONS} connections where nothing else is said; ${rounds} rounds of ${seconds} s: median, least and greatest. ` +
    `${cpu}, ${cores} cores for server and generator together, ${memoryGiB} GiB, load ${load.toFixed(1)} at the start; ` +
    `Node ${versions().node}; commit ${commit()?.replace(/^(.{7})[^+]*/, "$1") ?? "unknown"}.`
  );
}
