import { availableParallelism } from "node:os";
import type { Output } from "../launcher/display.ts";
import { EXIT_INTERRUPTED, EXIT_USAGE } from "../launcher/scenario-command.ts";
import { BadFlags } from "../launcher/words.ts";
import { writeWhole } from "../write-file.ts";
import { HELP, readRequest, type SimulationRequest } from "./flags.ts";
import { renderPage } from "./page/page.ts";
import { progressDisplay, span } from "./progress.ts";
import { realTime } from "./real-time/command.ts";
import type { Measured, SimulationReport } from "./report.ts";
import { simulate } from "./run.ts";

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
  if (request.realTime) return realTime(request, output, problems, () => isInterrupted);
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
  if (html !== undefined) await writeWhole(html, renderPage(report, measured));
}

function tell(output: Output, report: SimulationReport, measured: Measured): void {
  const { totals, latencies, invariants, complete, duration } = report;
  const { deliveries } = totals;
  output.write(
    `
${complete ? "" : "Interrupted: this is how it stood.\n"}Simulated   ${span(duration)} in ${span(measured.wallMs)} (${measured.messagesPerSecond} messages/s, ${measured.rssMiB} MiB)
Shares      ${totals.sharesCreated} made, ${totals.sharesReceived} received, ${totals.sharesAccepted} accepted, ${totals.sharesEnded} ended; files read ${totals.filesRead} times
Messages    ${totals.messages} between servers, ${totals.messagesPerShare ?? "-"} and ${totals.bytesPerShare ?? "-"} bytes for each share
Deliveries  ${deliveries.acknowledged} acknowledged, ${deliveries.repeated} repeated, ${deliveries.parked} given up
Delivery    half within ${latencies.shareDelivery.p50 ?? "-"} ms, 99 of 100 within ${latencies.shareDelivery.p99 ?? "-"} ms
Revocation  half known within ${latencies.revocationSpread.p50 ?? "-"} ms, the last within ${latencies.revocationSpread.max ?? "-"} ms
Invariants  ${invariants.filter(({ holds }) => holds).length} of ${invariants.length} hold
`,
  );
}
