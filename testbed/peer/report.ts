import { mask } from "../faults/mask.ts";
import { headerOf, type Message } from "../faults/message.ts";
import { duration, type Output } from "../launcher/display.ts";
import { REQUIREMENTS } from "./requirements.ts";
import type { Problem, Result, Status } from "./tally.ts";

const MARKS = {
  pass: { terminal: "✔", plain: "ok  ", colour: 32 },
  warning: { terminal: "!", plain: "WARN", colour: 33 },
  fail: { terminal: "✘", plain: "FAIL", colour: 31 },
  skipped: { terminal: "–", plain: "skip", colour: 2 },
} as const satisfies Record<Status, object>;
const NAME_WIDTH = 20;
/** Characters of a body that are shown. */
const SHOWN = 400;

/** What came of a run. */
export interface RunReport {
  peer: string;
  /** Scheme and host[:port] of our server; null: it was never started. */
  ours: string | null;
  results: readonly Result[];
  /** What could not be taken back. */
  leftBehind: readonly string[];
  /** Somebody ended the run. */
  isInterrupted: boolean;
  /** Why the run did not come to its end; null: it did. */
  error: string | null;
}

/** One line for a check: mark, name, what was found and its time. */
export function showResult(output: Output, { status, name, found, ms }: Result): void {
  const { terminal, plain, colour } = MARKS[status];
  const isTerminal = output.isTTY === true;
  const mark = isTerminal ? `\u001b[${colour}m${terminal}\u001b[0m` : plain;
  const time = status === "skipped" ? "" : `  (${duration(ms)})`;
  output.write(`  ${mark} ${name.padEnd(NAME_WIDTH)} ${onOneLine(found)}${time}\n`);
}

/**
 * For each check that is not well: the requirement in plain words, what was sent and what came back; and what else it found in a line
 * each. Secrets are masked.
 */
export function explain(results: readonly Result[]): string {
  return results.flatMap(({ name, problems }) => (problems.length === 0 ? [] : [block(name, problems)])).join("\n\n");
}

function block(name: string, problems: readonly Problem[]): string {
  const hardFirst = problems.toSorted(
    (one, other) => Number(wordOf(one) === "WARN") - Number(wordOf(other) === "WARN"),
  );
  const told = new Set<string>();
  const lines = hardFirst.flatMap((problem, at) => {
    const { id, message } = problem;
    const found = onOneLine(problem.found);
    // The same thing may have been found more than once, and the sentence of a requirement is told once.
    const key = `${id} ${found}`;
    if (told.has(key)) return [];
    const sentence = told.has(id) ? "" : ` ${REQUIREMENTS[id].sentence}`;
    told.add(key).add(id);
    if (at > 0) return [`  also ${wordOf(problem)} ${id}:${sentence}${sentence && " Found:"} ${found}`];
    const evidence = message === null ? [] : exchange(message).map((line) => `  ${line}`);
    return [`${wordOf(problem)} ${name}, ${id}:${sentence}`, `  found: ${found}`, ...evidence];
  });
  return lines.join("\n");
}

function wordOf({ id }: Problem): "FAIL" | "WARN" {
  return REQUIREMENTS[id].level === "must" ? "FAIL" : "WARN";
}

/** The last line: how many of each. */
export function summary(results: readonly Result[]): string {
  const count = (wanted: Status) => results.filter(({ status }) => status === wanted).length;
  const warnings = count("warning");
  return `${count("pass")} passed, ${count("fail")} failed, ${warnings} warning${warnings === 1 ? "" : "s"}, ${count("skipped")} skipped`;
}

/** The checks and all that was found, for programs. */
export function jsonReport({ peer, ours, results, leftBehind, isInterrupted, error }: RunReport): string {
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
  const ok = error === null && results.every(({ status }) => status !== "fail");
  return `${JSON.stringify({ peer, ours, ok, interrupted: isInterrupted, error, checks, leftBehind }, null, 2)}\n`;
}

function exchange(message: Message): string[] {
  const { method, url, requestHeaders, requestBody, status, responseHeaders, responseBody } = message;
  const masked = mask([message]);
  const type = headerOf(responseHeaders, "content-type");
  const signature = headerOf(requestHeaders, "signature-input");
  return [
    `sent: ${method} ${url}${signature === undefined ? "" : `, signed ${signature}`}`,
    ...body(requestBody, masked),
    `came: ${status ?? "no answer"}${type === undefined ? "" : `, ${type}`}`,
    ...body(responseBody, masked),
  ].map(masked);
}

function body(bytes: Buffer, masked: (text: string) => string): string[] {
  if (bytes.length === 0) return [];
  // Masked before it is cut: a part of a secret is not found again.
  const text = onOneLine(masked(bytes.toString("utf8")).slice(0, SHOWN * 4));
  return [`      ${text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${bytes.length} bytes)` : text}`];
}

/** A peer's words may hold anything, also what moves the cursor of a terminal. */
function onOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
}
