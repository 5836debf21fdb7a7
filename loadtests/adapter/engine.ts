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
  /** The run begins now: what went before was its preparation, and setup. */
  begin(): void;
  /** Milliseconds since the run began; 0 before. */
  elapsed(): number;
  /** Ends the run before its time; the first reason counts. */
  abort(reason: string): void;
  /** Where what scripts say goes. */
  log(line: string): void;
  /** Warns of something that is not as in k6, the first time. */
  warnOnce(sentence: string): void;
  /** A metric that every run has. */
  builtIn(name: string): Metric;
}

export interface EngineSetup {
  environment: Record<string, string>;
  abort(reason: string): void;
  log(line: string): void;
}

export function createEngine({ environment, abort, log }: EngineSetup): Engine {
  let begun: number | undefined;
  const registry = createRegistry();
  const warned = new Set<string>();
  const builtIn = new Map(registry.known().map((metric) => [metric.name, metric]));
  return {
    registry,
    options: {},
    environment,
    sharedArrays: new Map(),
    rootGroup: createRootGroup(),
    counts: { vusActive: 0, vusInitialized: 0, completed: 0, interrupted: 0 },
    failed: false,
    begin() {
      begun = performance.now();
    },
    elapsed: () => (begun === undefined ? 0 : performance.now() - begun),
    abort,
    log,
    warnOnce(sentence) {
      if (!warned.has(sentence)) log(`WARN ${sentence}`);
      warned.add(sentence);
    },
    builtIn(name) {
      const metric = builtIn.get(name);
      if (metric === undefined) throw new Error(`There is no metric ${name}.`);
      return metric;
    },
  };
}
