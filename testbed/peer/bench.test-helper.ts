import { type Bench, nothingFound } from "./bench.ts";
import type { Check } from "./check.ts";
import { objectOf } from "./checks/answers.ts";
import { CHECKS } from "./checks/table.ts";
import { readPeerFlags } from "./flags.ts";
import { openBench } from "./open-bench.ts";
import { runChecks } from "./run-checks.ts";
import { takeBack } from "./take-back.ts";
import type { Result } from "./tally.ts";

/** A bench that the command would open for these words, and the lines that it tells. */
export async function benchFor(...words: string[]): Promise<{ bench: Bench; told: string[] }> {
  const request = await readPeerFlags(words);
  if (typeof request === "string") throw new Error(`These words ask for ${request}.`);
  const told: string[] = [];
  const { bench } = await openBench(request, { tell: (line) => void told.push(line), isOver: () => false });
  return { bench, told };
}

/** Runs checks by name on a bench that knows nothing but what discovery says now; what was shared is taken back. */
export async function results(bench: Bench, ...names: string[]): Promise<Result[]> {
  bench.found = nothingFound();
  const url = `${bench.peer}/.well-known/ocm`;
  bench.discovery = await bench.reach.send({ method: "GET", url });
  bench.document = objectOf(bench.discovery.json);
  const found = await runChecks(bench, names.map(check), () => undefined);
  await takeBack(bench).catch(() => undefined);
  return found;
}

function check(wanted: string): Check {
  const found = CHECKS.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`There is no check ${wanted}.`);
  return found;
}
