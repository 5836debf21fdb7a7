import { setTimeout as delay } from "node:timers/promises";
import type { Bench } from "./bench.ts";
import type { Check } from "./check.ts";
import { NoAnswer } from "./reach.ts";
import { type Result, Skipped, tally } from "./tally.ts";

/** Milliseconds that one check may take, beside what people were given to do something. */
const LONGEST_CHECK_MS = 120_000;

/** Runs checks one after the other. A check that breaks off has failed; nothing is thrown. @param ended told of each result */
export async function runChecks(
  bench: Bench,
  checks: readonly Check[],
  ended: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  let goneSince: string | null = null;
  for (const check of checks) {
    if (bench.isOver()) break;
    const result: Result = goneSince === null ? await runCheck(bench, check) : gone(check, goneSince);
    // What was broken off says nothing about the server.
    if (bench.isOver()) break;
    if (goneSince === null && !(await isThere(bench, result))) goneSince = check.name;
    results.push(result);
    ended(result);
  }
  return results;
}

/** A server that a message has ended cannot be asked anything more. Only looked at where something was not answered. */
async function isThere({ reach, peer }: Bench, { problems }: Result): Promise<boolean> {
  if (problems.every(({ id }) => id !== "GOOD-03")) return true;
  return await reach.send({ method: "GET", url: `${peer}/.well-known/ocm` }).then(
    () => true,
    (error: unknown) => !(error instanceof NoAnswer && error.kind === "refused"),
  );
}

function gone({ name, ids }: Check, since: string): Result {
  const found = `Nobody listens there any more: the check ${since} may have ended the server.`;
  return { name, ids, status: "skipped", found, ms: 0, problems: [] };
}

async function runCheck(bench: Bench, check: Check): Promise<Result> {
  const { name, ids } = check;
  bench.last = null;
  const marks = tally(() => bench.last);
  const from = performance.now();
  const over = new AbortController();
  const late = delay(LONGEST_CHECK_MS + bench.waitMs, undefined, { signal: over.signal }).then(() => {
    throw new NoAnswer("late", `It took longer than ${LONGEST_CHECK_MS / 1000} seconds.`);
  });
  late.catch(() => undefined);
  let reason: string | null = null;
  try {
    await Promise.race([check.run(bench, marks), late]);
  } catch (error) {
    if (error instanceof Skipped) reason = error.message;
    else marks.holds("GOOD-03", false, error instanceof Error ? error.message : String(error));
  } finally {
    over.abort();
  }
  const ms = Math.round(performance.now() - from);
  const verdict = marks.verdict();
  // What was found before it ended stands.
  if (reason !== null && verdict.status === "pass")
    return { name, status: "skipped", ids, found: reason, ms, problems: [] };
  return { name, ids, ms, ...verdict };
}
