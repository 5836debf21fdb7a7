import { availableParallelism } from "node:os";
import type { Output } from "../launcher/display.ts";
import { EXIT_INTERRUPTED, EXIT_USAGE } from "../launcher/ending.ts";
import { BadFlags } from "../launcher/words.ts";
import { bytes, count, duration, plural } from "../plots/format.ts";
import { writeWhole } from "../write-file.ts";
import { HELP, readRequest, type SimulationRequest } from "./flags.ts";
import { progressDisplay, span } from "./progress.ts";
import type { Measured, SimulationReport } from "./report.ts";
import { shortfall } from "./shortfall.ts";

const EXIT_BROKEN = 1;
/** Milliseconds between two looks at the memory. */
const LOOK_EVERY = 500;

/**
 * The whole of `npm run simulate`.
 *
 * @param interrupted resolves when the person or the system asks for the end
 * @returns the exit code
 */
export async function simulateCommand(
  words: string[],
  output: Output,
  problems: Output,
  interrupted: Promise<void>,
): Promise<number> {
  try {
    const request = await readRequest(words);
    if (request === "help") {
      output.write(HELP);
      return 0;
    }
    return await run(request, output, problems, interrupted);
  } catch (error) {
    if (!(error instanceof BadFlags)) throw error;
    problems.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

async function run(
  request: SimulationRequest,
  output: Output,
  problems: Output,
  interrupted: Promise<void>,
): Promise<number> {
  const { settings } = request;
  const { servers, users, shares, topology, workload, fault, seed } = settings;
  const trouble = fault === null ? "" : `, fault ${fault}`;
  output.write(
    `${servers} servers, ${users} people, ${shares} shares, ${topology}, ${workload}${trouble}, seed ${seed}\n`,
  );
  let isInterrupted = false;
  void interrupted.then(() => {
    isInterrupted = true;
  });
  // The servers take seconds to load, and a wrong flag is said at once.
  if (request.realTime) {
    const { realTime } = await import("./real-time/command.ts");
    return realTime(request, output, problems, () => isInterrupted);
  }
  const { simulate } = await import("./run.ts");
  const display = progressDisplay(output, output.isTTY === true, () => performance.now());
  const { report, measured } = await measure(() =>
    simulate(settings, { progress: display.show, isInterrupted: () => isInterrupted }),
  );
  display.end();
  await write(request, report, measured);
  tell(output, report, measured);
  if (!report.complete) return EXIT_INTERRUPTED;
  const broken = report.invariants.filter(({ holds }) => !holds);
  for (const { name, broken: examples } of broken) {
    problems.write(`\nThis does not hold: ${name}.\n${examples.map((example) => `  ${example}\n`).join("")}`);
  }
  return broken.length === 0 ? 0 : EXIT_BROKEN;
}

/** Runs it without the text of every error, which nobody reads, and with an eye on what it takes. */
async function measure(
  job: () => Promise<SimulationReport>,
): Promise<{ report: SimulationReport; measured: Measured }> {
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const [from, cpu] = [performance.now(), process.cpuUsage()];
  let highest = process.memoryUsage.rss();
  const looking = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss());
  }, LOOK_EVERY);
  try {
    const report = await job();
    const wallMs = Math.round(performance.now() - from);
    const used = process.cpuUsage(cpu);
    const perSecond = (count: number): number => Math.round((count / wallMs) * 100_000) / 100;
    const measured = {
      wallMs,
      cpuMs: Math.round((used.user + used.system) / 1000),
      rssMiB: Math.round(Math.max(highest, process.memoryUsage.rss()) / 1024 ** 2),
      messagesPerSecond: perSecond(report.totals.messages),
      sharesPerSecond: perSecond(report.totals.sharesCreated),
      node: process.version,
      cpus: availableParallelism(),
    };
    return { report, measured };
  } finally {
    clearInterval(looking);
    Error.stackTraceLimit = depth;
  }
}

async function write(
  { json, measured: measuredFile, html }: SimulationRequest,
  report: SimulationReport,
  measured: Measured,
): Promise<void> {
  if (json !== undefined) await writeWhole(json, `${JSON.stringify(report, null, 2)}\n`);
  if (measuredFile !== undefined) await writeWhole(measuredFile, `${JSON.stringify(measured, null, 2)}\n`);
  if (html === undefined) return;
  const { renderPage } = await import("./page/page.ts");
  await writeWhole(html, renderPage(report, measured));
}

function tell(output: Output, report: SimulationReport, measured: Measured): void {
  const { settings, totals, latencies, invariants, complete, duration: lasted } = report;
  const { deliveries } = totals;
  const { shareDelivery, revocationSpread } = latencies;
  const made = `${count(totals.sharesCreated)} of ${plural(settings.shares, "share")}`;
  const perShare =
    totals.messagesPerShare === null
      ? ""
      : `, ${count(totals.messagesPerShare)} messages and ${bytes(totals.bytesPerShare)} for each share`;
  const holding = invariants.filter(({ holds }) => holds).length;
  output.write(
    `
${complete ? "" : `Interrupted after ${made}: this is how it stood.\n`}Simulated   ${span(lasted)} in ${span(measured.wallMs)} (${count(measured.messagesPerSecond)} messages/s, ${measured.rssMiB} MiB)
Shares      ${totals.sharesCreated} made, ${totals.sharesReceived} received, ${totals.sharesAccepted} accepted, ${totals.sharesEnded} ended; files read ${totals.filesRead} times
${shortfall(report)
  .map((sentence) => `            ${sentence}\n`)
  .join("")}Messages    ${totals.messages} between servers${perShare}
Deliveries  ${deliveries.acknowledged} acknowledged, ${deliveries.repeated} repeated, ${deliveries.parked} given up
Delivery    ${shareDelivery.count === 0 ? "none" : `half within ${duration(shareDelivery.p50)}, 99 of 100 within ${duration(shareDelivery.p99)}`}
Revocation  ${revocationSpread.count === 0 ? "none" : `half known within ${duration(revocationSpread.p50)}, the last within ${duration(revocationSpread.max)}`}
Invariants  ${invariants.length === 0 && !complete ? "not checked" : `${holding} of ${invariants.length} hold`}
`,
  );
}
