import { setTimeout as delay } from "node:timers/promises";

/** What came of one step; the form is that of the launcher's JSON file. */
export interface StepResult {
  name: string;
  ok: boolean;
  ms: number;
  error?: string;
}

/** Follows a scenario while it runs. */
export interface StepListener {
  started(name: string): void;
  /** `detail` is what the step found worth telling. */
  ended(result: StepResult, detail: string): void;
}

/**
 * Runs one named step and gives what it found. `say` tells a person more about it. A step that fails, or takes longer than its
 * time, ends the scenario with `StepFailed`.
 */
export type Step = <T>(name: string, run: (say: (detail: string) => void) => Promise<T>) => Promise<T>;

/** The step that ended a scenario. */
export class StepFailed extends Error {
  readonly step: string;
  constructor(step: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "StepFailed";
    this.step = step;
  }
}

/** Milliseconds that a step may take. */
const LONGEST_STEP_MS = 30_000;

/** A `Step` that reports to the listener. */
export function stepper(listener: StepListener, longestMs = LONGEST_STEP_MS): Step {
  return async (name, run) => {
    listener.started(name);
    const from = performance.now();
    const details: string[] = [];
    const took = (): number => Math.round(performance.now() - from);
    const timer = new AbortController();
    const late = delay(longestMs, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`This took longer than ${longestMs / 1000} s.`);
    });
    try {
      const found = await Promise.race([run((detail) => details.push(detail)), late]);
      listener.ended({ name, ok: true, ms: took() }, details.join("; "));
      return found;
    } catch (error) {
      const failed = new StepFailed(name, error);
      listener.ended({ name, ok: false, ms: took(), error: failed.message }, details.join("; "));
      throw failed;
    } finally {
      timer.abort();
      late.catch(() => undefined);
    }
  };
}

/**
 * Asks until there is an answer: for what another server causes a little later.
 *
 * @throws Error naming what was waited for
 */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, longestMs = 10_000): Promise<T> {
  const end = performance.now() + longestMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) {
      return answer;
    }
    if (performance.now() > end) {
      throw new Error(`Waited ${longestMs / 1000} s in vain for ${what}.`);
    }
    await delay(25);
  }
}

/** Ends the step with a sentence unless the condition holds. */
export function must(condition: boolean, otherwise: string): asserts condition {
  if (!condition) {
    throw new Error(otherwise);
  }
}
