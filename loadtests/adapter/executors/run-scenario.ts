import { milliseconds } from "../duration.ts";
import type { Engine } from "../engine.ts";
import type { ScenarioOptions } from "../options.ts";
import type { ActiveScenario } from "../vu.ts";
import { iterate } from "./iterate.ts";
import type { Crew, Pool, Worker } from "./pool.ts";
import { constantArrivals, lengthOf, rampingArrivals, vuSteps } from "./shapes.ts";

const GRACE = "30s";
const LONGEST_ITERATIONS = "10m";

/** What an executor works with. */
interface Floor {
  engine: Engine;
  crew: Crew;
  scenario: ActiveScenario;
  /** Ends the scenario: its time is over, or the run is. */
  over: AbortSignal;
  /** Numbers of the iterations of this scenario. */
  next(): number;
  drop(count: number): void;
  /** Runs iterations until `goOn` says no. The worker goes back to the crew. */
  drive(worker: Worker, goOn: () => boolean): Promise<void>;
}

/** How many virtual users a scenario needs from its start, and how many it may have. */
export function vusOf(options: ScenarioOptions): { first: number; most: number } {
  switch (options.executor) {
    case "constant-arrival-rate":
    case "ramping-arrival-rate":
      return { first: options.preAllocatedVUs, most: Math.max(options.maxVUs ?? 0, options.preAllocatedVUs) };
    case "ramping-vus": {
      const most = Math.max(...vuSteps(options.startVUs ?? 1, options.stages).map(({ vus }) => vus));
      return { first: most, most };
    }
    default:
      return { first: options.vus ?? 1, most: options.vus ?? 1 };
  }
}

/** Milliseconds of a scenario without its grace at the end; the longest that it may take where iterations are counted. */
export function scenarioLength(options: ScenarioOptions): number {
  if ("stages" in options) return lengthOf(options.stages);
  if ("duration" in options) return milliseconds(options.duration);
  return milliseconds(options.maxDuration ?? LONGEST_ITERATIONS);
}

/**
 * Runs a scenario from its start to its end: when its time is over, iterations under way may go on for `gracefulStop`, and are
 * interrupted after that.
 * @param cut ends it at once
 */
export async function runScenario(
  name: string,
  options: ScenarioOptions,
  { engine, pool, cut }: { engine: Engine; pool: Pool; cut: AbortSignal },
): Promise<void> {
  await pause(milliseconds(options.startTime ?? "0s"), cut);
  if (cut.aborted) return;
  const begun = performance.now();
  const length = scenarioLength(options);
  let iterations = 0;
  const scenario: ActiveScenario = {
    name,
    executor: options.executor,
    startTime: Date.now(),
    exec: options.exec ?? "default",
    env: options.env ?? {},
    tags: options.tags ?? {},
    progress: () => Math.min(1, (performance.now() - begun) / Math.max(1, length)),
  };
  const working = new Set<Worker>();
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(), length);
  const over = AbortSignal.any([time.signal, cut]);
  const crew = pool.crew(vusOf(options).first);
  const floor: Floor = {
    engine,
    crew,
    scenario,
    over,
    next: () => iterations++,
    drop(count) {
      if (count > 0)
        engine.registry.add(engine.builtIn("dropped_iterations"), count, { ...options.tags, scenario: name });
    },
    async drive(worker, goOn) {
      working.add(worker);
      engine.counts.vusActive += 1;
      worker.vu.iterationInScenario = 0;
      try {
        while (!over.aborted && goOn()) {
          if ((await iterate(worker, scenario, floor.next())) === "interrupted") break;
          // Iterations that wait for nothing would let no timer end the run.
          await pause(0, over);
        }
      } finally {
        engine.counts.vusActive -= 1;
        working.delete(worker);
        worker.vu.interruption = new AbortController();
        crew.free(worker);
      }
    },
  };
  const interrupt = (): void => {
    for (const { vu } of working) vu.interruption.abort();
  };
  const grace = new AbortController();
  const late = (): void => {
    const interruption = setTimeout(interrupt, cut.aborted ? 0 : milliseconds(options.gracefulStop ?? GRACE));
    grace.signal.addEventListener("abort", () => clearTimeout(interruption));
    cut.addEventListener("abort", interrupt, { once: true, signal: grace.signal });
  };
  over.addEventListener("abort", late, { once: true });
  try {
    await execute(options, floor);
  } finally {
    clearTimeout(timer);
    over.removeEventListener("abort", late);
    grace.abort();
    crew.dismiss();
  }
}

function execute(options: ScenarioOptions, floor: Floor): Promise<void> {
  switch (options.executor) {
    case "shared-iterations":
      return sharedIterations(options.vus ?? 1, options.iterations ?? 1, floor);
    case "per-vu-iterations":
      return perVuIterations(options.vus ?? 1, options.iterations ?? 1, floor);
    case "constant-vus":
      return together(options.vus ?? 1, floor, () => () => true);
    case "ramping-vus":
      return rampingVus(options, floor);
    case "constant-arrival-rate":
      return arrivals(
        constantArrivals(options.rate, options.timeUnit ?? "1s", options.duration),
        vusOf(options),
        floor,
      );
    case "ramping-arrival-rate":
      return arrivals(
        rampingArrivals(options.startRate ?? 0, options.timeUnit ?? "1s", options.stages),
        vusOf(options),
        floor,
      );
  }
}

/** So many virtual users at once, each as long as its own condition holds. */
async function together(vus: number, floor: Floor, conditionOf: () => () => boolean): Promise<void> {
  await floor.crew.prepare(vus);
  const drives = Array.from({ length: vus }, () => {
    const worker = floor.crew.take();
    return worker === undefined ? undefined : floor.drive(worker, conditionOf());
  });
  await Promise.all(drives);
}

async function sharedIterations(vus: number, iterations: number, floor: Floor): Promise<void> {
  let left = iterations;
  await together(Math.min(vus, iterations), floor, () => () => left-- > 0);
  floor.drop(Math.max(0, left));
}

async function perVuIterations(vus: number, iterations: number, floor: Floor): Promise<void> {
  let started = 0;
  await together(vus, floor, () => {
    let own = 0;
    return () => {
      if (own === iterations) return false;
      own += 1;
      started += 1;
      return true;
    };
  });
  floor.drop(vus * iterations - started);
}

async function rampingVus(
  { startVUs = 1, stages, gracefulRampDown = GRACE }: Extract<ScenarioOptions, { executor: "ramping-vus" }>,
  floor: Floor,
): Promise<void> {
  const { crew, over } = floor;
  const steps = vuSteps(startVUs, stages);
  await crew.prepare(vusOf({ executor: "ramping-vus", startVUs, stages }).most);
  const begun = performance.now();
  const active: { worker: Worker; stops: boolean }[] = [];
  const drives: Promise<void>[] = [];
  for (const { at, vus } of steps) {
    await pause(at - (performance.now() - begun), over);
    if (over.aborted) break;
    while (active.length > vus) {
      const last = active.pop();
      if (last === undefined) break;
      last.stops = true;
      const { interruption } = last.worker.vu;
      setTimeout(() => interruption.abort(), milliseconds(gracefulRampDown)).unref();
    }
    while (active.length < vus) {
      const worker = crew.take() ?? (await madeFor(crew));
      const entry = { worker, stops: false };
      active.push(entry);
      drives.push(floor.drive(worker, () => !entry.stops));
    }
  }
  await pause(lengthOf(stages) - (performance.now() - begun), over);
  for (const entry of active) entry.stops = true;
  await Promise.all(drives);
}

/** A new one, where those that leave are still at work. */
async function madeFor(crew: Crew): Promise<Worker> {
  await crew.make();
  const worker = crew.take();
  if (worker === undefined) throw new Error("There is no virtual user.");
  return worker;
}

/** Starts an iteration at each of these times, whether the earlier ones are over or not. */
async function arrivals(
  times: Generator<number>,
  { first, most }: { first: number; most: number },
  floor: Floor,
): Promise<void> {
  const { crew, over, engine } = floor;
  const begun = performance.now();
  const drives = new Set<Promise<void>>();
  let making = 0;
  let own = first;
  for (const at of times) {
    const ahead = at - (performance.now() - begun);
    if (ahead > 0) await pause(ahead, over);
    if (over.aborted) break;
    const worker = crew.take();
    if (worker !== undefined) {
      let once = true;
      const drive = floor.drive(worker, () => {
        const first = once;
        once = false;
        return first;
      });
      drives.add(drive);
      drive.finally(() => drives.delete(drive)).catch(() => undefined);
      continue;
    }
    floor.drop(1);
    // One at a time: making them is work, too.
    if (making === 0 && own < most) {
      making += 1;
      crew.make().then(
        () => {
          making -= 1;
          own += 1;
        },
        (error) => engine.abort(String(error)),
      );
    }
  }
  await Promise.all(drives);
}

/** Waits, at least for other work that is due; ends early with the signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
