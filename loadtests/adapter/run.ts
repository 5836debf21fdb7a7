import { writeFile } from "node:fs/promises";
import { milliseconds } from "./duration.ts";
import { createEngine, type Engine } from "./engine.ts";
import { createPool, type Worker } from "./executors/pool.ts";
import { runScenario, scenarioLength, vusOf } from "./executors/run-scenario.ts";
import { groupPath } from "./groups.ts";
import { createConnections } from "./http/connections.ts";
import { createLoader } from "./modules.ts";
import { readOptions, scenariosOf } from "./options.ts";
import { summaryData } from "./summary.ts";
import { createVu, measured, tagsOf, type Vu } from "./vu.ts";

/** Exit codes of k6, for the ends that there are here. */
const EXIT = {
  ok: 0,
  thresholds: 99,
  badOptions: 104,
  interrupted: 105,
  script: 107,
  aborted: 108,
  failed: 110,
};

export interface RunSetup {
  script: string;
  environment: Record<string, string>;
  stdout(text: string): void;
  /** Lines about the run. */
  log(line: string): void;
  /** Ends the run as Ctrl-C does: iterations are interrupted, teardown and summary follow. */
  signal: AbortSignal;
  /** How far the run is, once a second. */
  progress?(state: { fraction: number; vus: number; iterations: number }): void;
}

const LOOK_MS = 2000;
const PROGRESS_MS = 1000;
const LONGEST_SETUP = "60s";

/** Runs a script as `k6 run` does. @returns the exit code */
export async function run(setup: RunSetup): Promise<number> {
  const { script, signal, log } = setup;
  const cut = new AbortController();
  let reason: string | undefined;
  const engine = createEngine({
    environment: setup.environment,
    log,
    abort(why) {
      reason ??= why;
      cut.abort();
    },
  });
  signal.addEventListener("abort", () => cut.abort(), { once: true });
  const load = createLoader(script);
  let setupJson = "null";
  const pool = createPool(engine, load, () => setupJson);

  try {
    const first = await firstInstance(engine, load);
    if (typeof first === "number") return first;
    const scenarios = scenariosOf(engine.options);
    for (const [, options] of scenarios) {
      const exec = options.exec ?? "default";
      if (typeof first.instance.exports[exec] !== "function") {
        log(`ERRO The script exports no function ${exec}.`);
        return EXIT.badOptions;
      }
    }
    await pool.prepare(scenarios.reduce((sum, [, options]) => sum + vusOf(options).first, 0));

    const { exports } = first.instance;
    try {
      const given = await timed(first.vu, "setup", exports.setup, undefined, engine.options.setupTimeout);
      setupJson = JSON.stringify(given) ?? "null";
    } catch (error) {
      log(`ERRO ${describe(error)}`);
      return EXIT.script;
    }
    // The time of the run counts from here: rates are those of the load, not of its preparation.
    engine.begin();
    const { elapsed } = engine;
    const length = Math.max(...scenarios.map(([, one]) => scenarioLength(one) + milliseconds(one.startTime ?? "0s")));
    const look = setInterval(() => {
      const why = engine.registry.evaluate(elapsed(), false);
      if (why !== undefined) engine.abort(why);
    }, LOOK_MS);
    const gauge = (): void => {
      const { vusActive, vusInitialized, completed } = engine.counts;
      engine.registry.add(engine.builtIn("vus"), vusActive, {});
      engine.registry.add(engine.builtIn("vus_max"), vusInitialized, {});
      setup.progress?.({ fraction: Math.min(1, elapsed() / length), vus: vusActive, iterations: completed });
    };
    const gauges = setInterval(gauge, PROGRESS_MS);
    await Promise.all(scenarios.map(([name, one]) => runScenario(name, one, { engine, pool, cut: cut.signal })));
    gauge();
    clearInterval(look);
    clearInterval(gauges);
    const took = elapsed();

    let teardownFailed = false;
    if (exports.teardown !== undefined) {
      first.vu.interruption = new AbortController();
      const data = JSON.parse(setupJson);
      await timed(first.vu, "teardown", exports.teardown, data, engine.options.teardownTimeout).catch((error) => {
        log(`ERRO ${describe(error)}`);
        teardownFailed = true;
      });
    }
    engine.registry.evaluate(took, true);
    await first.vu.connections.close();
    await writeSummary(exports.handleSummary, summaryData(engine, took, setupJson), setup);

    if (reason?.startsWith("test aborted")) log(`ERRO ${reason}`);
    if (signal.aborted) return EXIT.interrupted;
    if (engine.registry.all().some(({ thresholds }) => thresholds.some(({ ok }) => !ok))) {
      log("ERRO thresholds have been crossed");
      return EXIT.thresholds;
    }
    if (reason !== undefined) return EXIT.aborted;
    if (teardownFailed) return EXIT.script;
    return engine.failed ? EXIT.failed : EXIT.ok;
  } finally {
    await pool.close();
  }
}

/** The virtual user of setup, teardown and summary, with the options; or an exit code where the script cannot be used. */
async function firstInstance(engine: Engine, load: ReturnType<typeof createLoader>): Promise<Worker | number> {
  const vu = createVu(
    0,
    engine,
    createConnections(() => engine.options),
  );
  try {
    const instance = await load(vu);
    vu.stage = "vu";
    try {
      engine.options = readOptions(instance.exports.options);
      engine.registry.setThresholds(engine.options.thresholds ?? {});
    } catch (error) {
      engine.log(`ERRO ${describe(error)}`);
      return EXIT.badOptions;
    }
    return { vu, instance, data: undefined };
  } catch (error) {
    engine.log(`ERRO ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    return EXIT.script;
  }
}

/** Calls setup or teardown, whose time is that of an iteration, too. @throws Error when it takes too long */
async function timed(vu: Vu, name: string, body: unknown, data: unknown, within = LONGEST_SETUP): Promise<unknown> {
  if (typeof body !== "function") return undefined;
  const from = performance.now();
  vu.group = groupPath("", name);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`It did not end within ${within}.`)), milliseconds(within));
  try {
    return await Promise.race([body(data), late.promise]);
  } finally {
    clearTimeout(timer);
    measured(vu, "iteration_duration", performance.now() - from, tagsOf(vu));
  }
}

/** Writes what `handleSummary` gives: a file for each name, but for stdout and stderr. Without it there is one line. */
async function writeSummary(
  handle: unknown,
  data: ReturnType<typeof summaryData>,
  { stdout, log }: RunSetup,
): Promise<void> {
  if (typeof handle !== "function") {
    const { iterations, http_reqs: requests } = data.metrics;
    stdout(`${iterations?.values.count ?? 0} iterations, ${requests?.values.count ?? 0} requests\n`);
    return;
  }
  try {
    for (const [name, content] of Object.entries((await handle(data)) as Record<string, string | ArrayBuffer>)) {
      if (name === "stdout") stdout(String(content));
      else if (name === "stderr") log(String(content));
      else await writeFile(name, typeof content === "string" ? content : Buffer.from(content));
    }
  } catch (error) {
    log(`ERRO handleSummary: ${describe(error)}`);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
