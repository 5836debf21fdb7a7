import { createRootGroup, type GroupNode } from "./groups.ts";
import { createRegistry, type Metric, type Registry } from "./metrics/registry.ts";
import type { RunOptions } from "./options.ts";

/** What all virtual users of a run share. */
export interface Engine {
  registry: Registry;
  options: RunOptions;
  /** What scripts see as `__ENV`. */
  environment: Record<string, string>;
  /** Elements of the shared arrays, as JSON. */
  sharedArrays: Map<string, string[]>;
  rootGroup: GroupNode;
  counts: { vusActive: number; vusInitialized: number; completed: number; interrupted: number };
  /** The run is marked as failed, by `exec.test.fail()`. */
  failed: boolean;
  /** Milliseconds since the run began. */
  elapsed(): number;
  /** Ends the run before its time; the first reason counts. */
  abort(reason: string): void;
  /** Where what scripts say goes. */
  log(line: string): void;
  /** A metric that every run has. */
  builtIn(name: string): Metric;
}

export interface EngineSetup {
  environment: Record<string, string>;
  abort(reason: string): void;
  log(line: string): void;
}

export function createEngine({ environment, abort, log }: EngineSetup): Engine {
  const begun = performance.now();
  const registry = createRegistry();
  const builtIn = new Map(registry.known().map((metric) => [metric.name, metric]));
  return {
    registry,
    options: {},
    environment,
    sharedArrays: new Map(),
    rootGroup: createRootGroup(),
    counts: { vusActive: 0, vusInitialized: 0, completed: 0, interrupted: 0 },
    failed: false,
    elapsed: () => performance.now() - begun,
    abort,
    log,
    builtIn(name) {
      const metric = builtIn.get(name);
      if (metric === undefined) throw new Error(`There is no metric ${name}.`);
      return metric;
    },
  };
}
