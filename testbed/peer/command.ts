import { setTimeout as delay } from "node:timers/promises";
import { har } from "../faults/har.ts";
import type { Message } from "../faults/message.ts";
import { trace } from "../faults/trace.ts";
import type { Output } from "../launcher/display.ts";
import { clear, EXIT_INTERRUPTED, EXIT_USAGE } from "../launcher/ending.ts";
import { BadFlags } from "../launcher/words.ts";
import { PortTaken } from "../server/listen.ts";
import { writeWhole } from "../write-file.ts";
import { type Bench, isTaken } from "./bench.ts";
import { CHECKS, chosen } from "./checks/table.ts";
import { conversation } from "./conversation.ts";
import { HELP, type PeerRequest, readPeerFlags } from "./flags.ts";
import { checksJunit } from "./junit.ts";
import { openBench } from "./open-bench.ts";
import { NoAnswer } from "./reach.ts";
import { OURS, THEIRS } from "./reference.ts";
import { explain, jsonReport, type RunReport, showResult, summary } from "./report.ts";
import { runChecks } from "./run-checks.ts";
import { takeBack } from "./take-back.ts";
import type { Result } from "./tally.ts";

const EXIT_FAILED = 1;
const INTERRUPTED = "Interrupted: the other checks were not run.";
/** Of all files: what a server says in its answers is for the person who asked. */
const FILE_MODE = 0o600;
/** Milliseconds for taking back what was shared, after somebody wanted the end. */
const LONGEST_TAKE_BACK_MS = 6000;

/**
 * The whole of `npm run testbed`: nothing is left running when it resolves.
 *
 * @param interrupted resolves when the person or the system asks for the end
 * @returns the exit code
 */
export async function peerCommand(
  words: string[],
  output: Output,
  problems: Output,
  interrupted: Promise<void>,
): Promise<number> {
  try {
    const request = await readPeerFlags(words);
    if (request === "help") output.write(HELP);
    else if (request === "list") output.write(list());
    else {
      for (const file of [request.har, request.junit, request.json, request.writeCa]) await clear(file);
      return await run(request, output, interrupted);
    }
    return 0;
  } catch (error) {
    if (!isSaid(error)) throw error;
    problems.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

/** What a person can mend: it is said in one line. */
function isSaid(error: unknown): error is Error {
  return error instanceof BadFlags || error instanceof NoAnswer || error instanceof PortTaken;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function run(request: PeerRequest, output: Output, interrupted: Promise<void>): Promise<number> {
  let isOver = false;
  const stop = interrupted.then(() => {
    isOver = true;
    return "interrupted" as const;
  });
  const audience = { tell: (line: string) => void output.write(`    → ${line}\n`), isOver: () => isOver };
  const opening = openBench(request, audience);
  const opened = await Promise.race([opening, stop]).catch(async (error: unknown) => {
    await writeReports(request, neverBegun(request, messageOf(error), false));
    throw error;
  });
  if (opened === "interrupted") {
    await opening.then(({ bench }) => bench.reference.close()).catch(() => undefined);
    await writeReports(request, neverBegun(request, INTERRUPTED, true));
    output.write("\nInterrupted before the first check.\n");
    return EXIT_INTERRUPTED;
  }
  const { bench, said } = opened;
  const { reference } = bench;
  const results: Result[] = [];
  const report = (leftBehind: string[], isInterrupted: boolean, error: string | null): Promise<void> =>
    writeReports(request, { peer: bench.peer, ours: reference.origin, results, leftBehind, isInterrupted, error });
  try {
    output.write(`Your server ${bench.peer}, ours ${reference.origin}.\n\n`);
    const running = runChecks(bench, chosen(request.only), (result) => {
      results.push(result);
      showResult(output, result);
    });
    await Promise.race([running, stop, reference.ended]).catch(async (error: unknown) => {
      await report(["shares of this run"], false, messageOf(error));
      throw error;
    });
    const isInterrupted = isOver;
    const { back, left } = await ending(bench);
    await writeConversation(request, output, said, bench);
    await report(left, isInterrupted, isInterrupted ? INTERRUPTED : null);
    conclude(output, results);
    if (isInterrupted) output.write(`Interrupted; ${back} share${back === 1 ? "" : "s"} taken back.\n`);
    if (left.length > 0) output.write(`Left behind at your server: ${left.join(", ")}.\n`);
    if (isInterrupted) return EXIT_INTERRUPTED;
    if (request.stay) await stayUp(bench, output, stop);
    return results.some(({ status }) => status === "fail") ? EXIT_FAILED : 0;
  } finally {
    await reference.close();
  }
}

/** Takes back what is still shared, as when a run has ended before its end. */
async function ending(bench: Bench): Promise<{ back: number; left: string[] }> {
  const late = { back: 0, left: ["shares of this run, as there was no time to take them back"] };
  const taken = takeBack(bench).then(
    ({ answers, left }) => ({ back: answers.filter(isTaken).length, left }),
    () => ({ back: 0, left: ["shares of this run"] }),
  );
  const { back, left } = await Promise.race([taken, delay(LONGEST_TAKE_BACK_MS, late, { ref: false })]);
  return { back, left: [...bench.found.leftBehind, ...left] };
}

async function writeConversation(
  request: PeerRequest,
  output: Output,
  said: Message[],
  { reference }: Bench,
): Promise<void> {
  if (!request.trace && request.har === undefined) return;
  const messages = await conversation(said, reference);
  if (request.trace) output.write(`\n${trace(messages, [OURS, THEIRS])}\n`);
  if (request.har !== undefined) await writeWhole(request.har, har(messages), FILE_MODE);
}

async function writeReports({ junit, json }: PeerRequest, report: RunReport): Promise<void> {
  if (junit !== undefined) await writeWhole(junit, checksJunit(report), FILE_MODE);
  if (json !== undefined) await writeWhole(json, jsonReport(report), FILE_MODE);
}

/** Of a run without a single check. */
function neverBegun({ peer }: PeerRequest, error: string, isInterrupted: boolean): RunReport {
  return { peer, ours: null, results: [], leftBehind: [], isInterrupted, error };
}

function conclude(output: Output, results: Result[]): void {
  const reasons = explain(results);
  if (reasons !== "") output.write(`\n${reasons}\n`);
  output.write(`\n${summary(results)}.\n`);
}

/** Leaves our server up for people, until they ask for the end. */
async function stayUp({ reference, recipient }: Bench, output: Output, stop: Promise<unknown>): Promise<void> {
  const { account, origin, role } = reference;
  const { invite } = await role.createInvite("For the testbed");
  output.write(
    [
      `\nOur server stays up at ${origin}. Ctrl-C ends it.`,
      `  user ${account.username}  password ${account.password}  OCM Address ${account.address}`,
      `  invite ${invite}`,
      `  Share a file there with ${account.address}, or here with ${recipient ?? "somebody there"}:`,
      `  curl -u ${account.username}:${account.password} --json '{"path":"/koa-ocm check.txt","shareWith":"${recipient ?? "NAME@HOST"}"}' ${origin}/ocm/api/v1/shares/sent`,
      "",
    ].join("\n"),
  );
  await Promise.race([stop, reference.ended]);
}

function list(): string {
  return `${CHECKS.map(({ name, line, ids }) => `${name.padEnd(20)} ${line} (${ids.join(", ")})`).join("\n")}\n`;
}
