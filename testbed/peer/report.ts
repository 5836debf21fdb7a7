import { mask } from "../faults/mask.ts";
import { headerOf, type Message } from "../faults/message.ts";
import { duration, type Output } from "../launcher/display.ts";
import { REQUIREMENTS } from "./requirements.ts";
import type { Result, Status } from "./tally.ts";

const MARKS = {
  pass: { terminal: "✔", plain: "ok  ", colour: 32 },
  warning: { terminal: "!", plain: "WARN", colour: 33 },
  fail: { terminal: "✘", plain: "FAIL", colour: 31 },
  skipped: { terminal: "–", plain: "skip", colour: 2 },
} as const satisfies Record<Status, object>;
const NAME_WIDTH = 20;
/** Characters of a body that are shown. */
const SHOWN = 400;

/** One line for a check: mark, name, what was found and its time. */
export function showResult(output: Output, { status, name, found, ms }: Result): void {
  const { terminal, plain, colour } = MARKS[status];
  const isTerminal = output.isTTY === true;
  const mark = isTerminal ? `\u001b[${colour}m${terminal}\u001b[0m` : plain;
  const time = status === "skipped" ? "" : `  (${duration(ms)})`;
  output.write(`  ${mark} ${name.padEnd(NAME_WIDTH)} ${onOneLine(found)}${time}\n`);
}

/** For each check that is not well: the requirement in plain words, what was sent and what came back. Secrets are masked. */
export function explain(results: readonly Result[]): string {
  const blocks = results.flatMap(({ name, problems }) =>
    problems.map(({ id, found, message }) => {
      const { level, sentence } = REQUIREMENTS[id];
      const word = level === "must" ? "FAIL" : "WARN";
      const head = [`${word} ${name}, ${id}: ${sentence}`, `  found: ${onOneLine(found)}`];
      return [...head, ...(message === null ? [] : exchange(message).map((line) => `  ${line}`))].join("\n");
    }),
  );
  return blocks.join("\n\n");
}

/** The last line: how many of each. */
export function summary(results: readonly Result[]): string {
  const count = (wanted: Status) => results.filter(({ status }) => status === wanted).length;
  const warnings = count("warning");
  return `${count("pass")} passed, ${count("fail")} failed, ${warnings} warning${warnings === 1 ? "" : "s"}, ${count("skipped")} skipped`;
}

/** The checks and all that was found, for programs. */
export function jsonReport(
  peer: string,
  ours: string,
  results: readonly Result[],
  leftBehind: readonly string[],
): string {
  const checks = results.map(({ name, status, ids, found, ms, problems }) => ({
    name,
    status,
    requirements: ids,
    found: onOneLine(found),
    ms,
    problems: problems.map((problem) => ({
      requirement: problem.id,
      level: REQUIREMENTS[problem.id].level,
      sentence: REQUIREMENTS[problem.id].sentence,
      found: onOneLine(problem.found),
      exchange: problem.message === null ? null : exchange(problem.message),
    })),
  }));
  const ok = results.every(({ status }) => status !== "fail");
  return `${JSON.stringify({ peer, ours, ok, checks, leftBehind }, null, 2)}\n`;
}

function exchange(message: Message): string[] {
  const { method, url, requestHeaders, requestBody, status, responseHeaders, responseBody } = message;
  const masked = mask([message]);
  const type = headerOf(responseHeaders, "content-type");
  const signature = headerOf(requestHeaders, "signature-input");
  return [
    `sent: ${method} ${url}${signature === undefined ? "" : `, signed ${signature}`}`,
    ...body(requestBody),
    `came: ${status ?? "no answer"}${type === undefined ? "" : `, ${type}`}`,
    ...body(responseBody),
  ].map(masked);
}

function body(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  const text = onOneLine(bytes.subarray(0, SHOWN * 4).toString("utf8"));
  return [`      ${text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${bytes.length} bytes)` : text}`];
}

/** A peer's words may hold anything, also what moves the cursor of a terminal. */
function onOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
}
