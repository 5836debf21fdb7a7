import { access, constants, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXIT_INTERRUPTED, EXIT_USAGE } from "../../testbed/launcher/ending.ts";
import { mustHaveRoom } from "../../testbed/launcher/room.ts";
import type { Command } from "../../testbed/launcher/run-command.ts";
import { BadFlags } from "../../testbed/launcher/words.ts";
import { bytes } from "../../testbed/plots/format.ts";
import { createChildren } from "../bench/process/children.ts";
import { fileName } from "./drawings.ts";
import { HELP, readOptions, type ScaleOptions } from "./options.ts";
import { type CurveRun, runCurve } from "./run-curve.ts";

const EXIT_FAILED = 1;
/** A server writes a line into its log for each share and each token. */
const LOG_BYTES_PER_SECOND = 5e6;

/**
 * `npm run scale -- CURVE[,CURVE]`: how a server with the plugin bears growth. Exit code 1: an answer was wrong or something failed; 2: the
 * command line or this machine cannot be used.
 */
export const scaleCommand: Command = async (words, output, problems, interrupted) => {
  const say = (line: string) => void output.write(`${line}\n`);
  let options: ScaleOptions;
  try {
    options = readOptions(words);
    if (options.help) {
      output.write(HELP);
      return 0;
    }
    await prepareFolder(options);
    await mustFit(options, say);
  } catch (error) {
    if (!(error instanceof BadFlags)) throw error;
    problems.write(`${error.message}\n`);
    return EXIT_USAGE;
  }

  const interruption = new AbortController();
  const children = createChildren();
  const killAll = () => children.kill();
  process.on("exit", killAll);
  void interrupted.then(() => {
    interruption.abort();
    children.kill();
  });
  const folder = await mkdtemp(join(tmpdir(), "ocm-scale-"));
  try {
    for (const { curve, sizes } of options.curves) {
      const run: CurveRun = { curve, sizes, folder: join(folder, curve.name), options };
      await runCurve(run, { children, signal: interruption.signal, say });
      if (interruption.signal.aborted) break;
    }
  } catch (error) {
    if (!interruption.signal.aborted) {
      problems.write(`${error instanceof Error ? error.message : error}\n`);
      return EXIT_FAILED;
    }
  } finally {
    children.kill();
    process.off("exit", killAll);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  if (!interruption.signal.aborted) return 0;
  problems.write("Interrupted.\n");
  return EXIT_INTERRUPTED;
};

/** What an earlier run wrote goes away, so that nobody takes it for this one's. @throws BadFlags */
async function prepareFolder({ json, curves }: ScaleOptions): Promise<void> {
  if (json === undefined) return;
  try {
    await mkdir(json, { recursive: true });
    await access(json, constants.W_OK);
    for (const { curve } of curves) {
      for (const sheet of curve.sheets) await rm(join(json, `${fileName(curve, sheet)}.json`), { force: true });
    }
  } catch {
    throw new BadFlags(`--json: ${json} is no folder in which files can be written.`);
  }
}

/** Says how much disk is used at the most, one curve after the other. @throws BadFlags where there is less */
async function mustFit({ curves, seconds, rounds }: ScaleOptions, say: (line: string) => void): Promise<void> {
  const logs = seconds * rounds * LOG_BYTES_PER_SECOND;
  const room = Math.max(...curves.map(({ curve, sizes }) => curve.room(sizes.at(-1) ?? 0) + sizes.length * logs));
  await mustHaveRoom(tmpdir(), room);
  say(`Up to ${bytes(room)} of ${tmpdir()} are used, and given back at the end.`);
}
