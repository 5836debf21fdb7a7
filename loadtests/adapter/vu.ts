import type { Engine } from "./engine.ts";
import type { Connections } from "./http/connections.ts";
import type { Tags } from "./metrics/registry.ts";

/** The scenario that a virtual user works for. */
export interface ActiveScenario {
  name: string;
  executor: string;
  /** Milliseconds since the Unix epoch. */
  startTime: number;
  /** The name of the exported function that it runs. */
  exec: string;
  env: Record<string, string>;
  tags: Tags;
  /** From 0 to 1. */
  progress(): number;
}

/** Thrown from every call of an iteration that is over time. */
export class Interrupted extends Error {
  constructor() {
    super("The iteration was interrupted.");
    this.name = "Interrupted";
  }
}

/** One virtual user: what its calls need to know. Number 0 is the one of setup, teardown and summary. */
export interface Vu {
  readonly id: number;
  readonly engine: Engine;
  readonly connections: Connections;
  /** Calls that are allowed in the init context only, or outside of it only, ask for it. */
  stage: "init" | "vu";
  scenario: ActiveScenario | undefined;
  /** Iterations of this virtual user before this one. */
  iteration: number;
  iterationInScenario: number;
  iterationInTest: number;
  group: string;
  tags: Tags;
  /** Aborted when its iteration is over time. */
  interruption: AbortController;
}

export function createVu(id: number, engine: Engine, connections: Connections): Vu {
  return {
    id,
    engine,
    connections,
    stage: "init",
    scenario: undefined,
    iteration: 0,
    iterationInScenario: 0,
    iterationInTest: 0,
    group: "",
    tags: {},
    interruption: new AbortController(),
  };
}

/** The tags of what this virtual user measures now. */
export function tagsOf({ engine, scenario, group, tags }: Vu, ...more: (Tags | undefined)[]): Tags {
  return Object.assign(
    { group },
    engine.options.tags,
    scenario === undefined ? undefined : { scenario: scenario.name },
    scenario?.tags,
    tags,
    ...more,
  );
}

/** Adds a value to a metric that k6 has by itself. */
export function measured(vu: Vu, name: string, value: number, tags: Tags): void {
  const metric = vu.engine.builtIn(name);
  vu.engine.registry.add(metric, value, tags);
}

/** Resolves after so many milliseconds. @throws Interrupted when the iteration is over time before that */
export function wait(vu: Vu, ms: number): Promise<void> {
  const { signal } = vu.interruption;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Interrupted());
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(new Interrupted());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
