import type { Output } from "../../launcher/display.ts";
import { EXIT_INTERRUPTED } from "../../launcher/ending.ts";
import { writeWhole } from "../../write-file.ts";
import type { SimulationRequest } from "../flags.ts";
import { span } from "../progress.ts";
import { runRealTime } from "./run.ts";

const EXIT_INCOMPLETE = 1;
const SHOW_EVERY = 2_000;

/** `--real-time`: plays the plan as fast as it goes, shows a short table and gives the exit code. */
export async function realTime(
  { settings, measured: file }: SimulationRequest,
  output: Output,
  problems: Output,
  isInterrupted: () => boolean,
): Promise<number> {
  let shownAt = performance.now();
  const outcome = await runRealTime(settings, {
    isInterrupted,
    progress({ created, received, requests }) {
      if (performance.now() - shownAt < SHOW_EVERY) return;
      shownAt = performance.now();
      output.write(
        `${created} of ${settings.shares} shares made, ${received} received, ${requests} requests answered\n`,
      );
    },
  });
  const { measured, total, processes, planned, complete } = outcome;
  if (file !== undefined) await writeWhole(file, `${JSON.stringify(measured, null, 2)}\n`);
  output.write(
    `
Real time   ${span(measured.wallMs)}, ${processes} processes, real HTTP on this machine
Shares      ${total.created} of ${planned} made, ${total.received} received, ${total.answered} answered, ${total.ended} ended; files read ${total.read} times
Rates       ${measured.sharesPerSecond} shares/s, ${measured.messagesPerSecond} requests answered/s
Machine     ${span(measured.cpuMs)} of processor time, ${measured.rssMiB} MiB in all processes
`,
  );
  if (isInterrupted()) return EXIT_INTERRUPTED;
  if (complete) return 0;
  problems.write(`Not every share was made and received: ${total.failed} steps failed.\n`);
  return EXIT_INCOMPLETE;
}
