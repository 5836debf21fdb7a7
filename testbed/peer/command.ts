import { setTimeout as delay } from "node:timers/promises";
import { har } from "../faults/har.ts";
import type { Message } from "../faults/message.ts";
import { trace } from "../faults/trace.ts";
import type { Output } from "../launcher/display.ts";
import { clear, EXIT_INTERRUPTED, EXIT_USAGE } from "../launcher/scenario-command.ts";
import { BadFlags } from "../launcher/words.ts";
import { PortTaken } from "../server/listen.ts";
import { writeWhole } from "../write-file.ts";
import type { Bench } from "./bench.ts";
import { CHECKS, chosen } from "./checks/table.ts";
import { conversation } from "./conversation.ts";
import { HELP, type PeerRequest, readPeerFlags } from "./flags.ts";
import { checksJunit } from "./junit.ts";
import { openBench } from "./open-bench.ts";
import { NoAnswer } from "./reach.ts";
import { OURS, THEIRS } from "./reference.ts";
import { explain, jsonReport, showResult, summary } from "./report.ts";
import { runChecks } from "./run-checks.ts";
import { takeBack } from "./take-back.ts";
import type { Result } from "./tally.ts";

const EXIT_FAILED = 1;
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
    const isSaid = error instanceof BadFlags || error instanceof NoAnswer || error instanceof PortTaken;
    if (!isSaid) throw error;
    problems.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

async function run(request: PeerRequest, output: Output, interrupted: Promise<void>): Promise<number> {
  let isOver = false;
  const stop = interrupted.then(() => {
    isOver = true;
    return "interrupted" as const;
  });
  const audience = { tell: (line: string) => void output.write(`    → ${line}\n`), isOver: () => isOver };
  const opening = openBench(request, audience);
  const opened = await Promise.race([opening, stop]);
  if (opened === "interrupted") {
    await opening.then(({ bench }) => bench.reference.close()).catch(() => undefined);
    return EXIT_INTERRUPTED;
  }
  const { bench, said } = opened;
  const { reference } = bench;
  const results: Result[] = [];
  const left: string[] = [];
  try {
    output.write(`Your server ${bench.peer}, ours ${reference.origin}.\n\n`);
    const running = runChecks(bench, chosen(request.only), (result) => {
      results.push(result);
      showResult(output, result);
    });
    await Promise.race([running, stop, reference.ended]);
    left.push(...(await leftBehind(bench)));
    await write(request, output, said, bench, results, left);
    if (isOver) return EXIT_INTERRUPTED;
    conclude(output, results, left);
    if (request.stay) await stayUp(bench, output, stop);
    return results.some(({ status }) => status === "fail") ? EXIT_FAILED : 0;
  } finally {
    await reference.close();
  }
}

/** Takes back what is still shared, as when a run has ended before its end. */
async function leftBehind(bench: Bench): Promise<string[]> {
  const enough = delay(LONGEST_TAKE_BACK_MS, ["shares of this run, as there was no time to take them back"], {
    ref: false,
  });
  const taken = takeBack(bench).then(
    ({ left }) => left,
    () => ["shares of this run"],
  );
  return [...bench.found.leftBehind, ...(await Promise.race([taken, enough]))];
}

async function write(
  request: PeerRequest,
  output: Output,
  said: Message[],
  { peer, reference }: Bench,
  results: Result[],
  left: string[],
): Promise<void> {
  if (request.trace || request.har !== undefined) {
    const messages = await conversation(said, reference);
    if (request.trace) output.write(`\n${trace(messages, [OURS, THEIRS])}\n`);
    if (request.har !== undefined) await writeWhole(request.har, har(messages), 0o600);
  }
  if (request.junit !== undefined) await writeWhole(request.junit, checksJunit(peer, results));
  if (request.json !== undefined) {
    await writeWhole(request.json, jsonReport(peer, reference.origin, results, left), 0o600);
  }
}

function conclude(output: Output, results: Result[], left: string[]): void {
  const reasons = explain(results);
  if (reasons !== "") output.write(`\n${reasons}\n`);
  output.write(`\n${summary(results)}.\n`);
  if (left.length > 0) output.write(`Left behind at your server: ${left.join(", ")}.\n`);
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
