import { TestAborted } from "../api/execution.ts";
import { type ActiveScenario, Interrupted, measured, tagsOf } from "../vu.ts";
import type { Worker } from "./pool.ts";

/** How an iteration ended. */
export type Outcome = "complete" | "interrupted";

/** Lets a virtual user run its function once. An exception in it is logged, and the next iteration starts as usual. */
export async function iterate(
  { vu, instance, data }: Worker,
  scenario: ActiveScenario,
  inTest: number,
): Promise<Outcome> {
  const { engine } = vu;
  vu.scenario = scenario;
  vu.iterationInTest = inTest;
  vu.group = "";
  instance.begin(vu.iteration);
  const run = instance.exports[scenario.exec];
  if (typeof run !== "function") throw new Error(`The script exports no function ${scenario.exec}.`);
  const from = performance.now();
  let outcome: Outcome = "complete";
  try {
    await run(data);
  } catch (error) {
    if (error instanceof Interrupted || vu.interruption.signal.aborted) outcome = "interrupted";
    else if (!(error instanceof TestAborted))
      engine.log(`ERRO ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  }
  if (outcome === "complete") {
    const tags = tagsOf(vu);
    measured(vu, "iterations", 1, tags);
    measured(vu, "iteration_duration", performance.now() - from, tags);
    engine.counts.completed += 1;
  } else {
    engine.counts.interrupted += 1;
  }
  vu.iteration += 1;
  vu.iterationInScenario += 1;
  return outcome;
}
