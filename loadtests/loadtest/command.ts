import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Output } from "../../testbed/launcher/display.ts";
import { BadFlags } from "../../testbed/launcher/words.ts";
import { commit, thisMachine, versions } from "../bench/machine.ts";
import { PROFILES, secondsOf } from "../k6/shared/profiles.ts";
import { SCRIPT_NAMES, type ScriptName, scriptOf } from "./catalogue.ts";
import { HELP, type LoadtestOptions, readOptions } from "./options.ts";
import { prepare } from "./prepare.ts";
import { runScript, type ScriptResult } from "./run-script.ts";
import { chooseRunner, type Runner } from "./runner.ts";
import { table } from "./table.ts";
import type { Target } from "./target.ts";
import { openTarget } from "./targets.ts";

const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 };
const SCHEMA = "koa-ocm-loadtest-report/1";
const PROGRESS_MS = 10_000;

/** The whole of `npm run loadtest`. @returns the exit code; nothing is left running */
export async function loadtestCommand(
  words: string[],
  output: Output,
  problems: Output,
  interrupted: Promise<void>,
): Promise<number> {
  try {
    const options = readOptions(words);
    if (options === "help") output.write(HELP);
    else if (options === "list") list(output);
    else return await runAll(options, output, interrupted);
    return EXIT.ok;
  } catch (error) {
    problems.write(`${error instanceof Error ? error.message : error}\n`);
    return error instanceof BadFlags ? EXIT.usage : EXIT.failed;
  }
}

function list(output: Output): void {
  const width = Math.max(...SCRIPT_NAMES.map(({ length }) => length));
  output.write("Scripts (npm run loadtest -- NAME):\n");
  for (const name of SCRIPT_NAMES) {
    const { line, sizes } = scriptOf(name);
    output.write(`  ${name.padEnd(width)}  ${line}${sizes === undefined ? "" : ` (--size ${sizes.join(", ")})`}\n`);
  }
  output.write("\nProfiles (--profile NAME):\n");
  for (const profile of PROFILES) output.write(`  ${profile.padEnd(width)}  ${secondsOf(profile)} s\n`);
}

type Ran = { name: ScriptName } & ScriptResult;

async function runAll(options: LoadtestOptions, output: Output, interrupted: Promise<void>): Promise<number> {
  if (options.json !== undefined) await rm(options.json, { force: true });
  const runner = await chooseRunner(options.runner);
  const folder = await mkdtemp(join(tmpdir(), "koa-ocm-loadtest-"));
  const ran: Ran[] = [];
  let isInterrupted = false;
  interrupted.then(() => {
    isInterrupted = true;
  });
  let target: Target | undefined;
  try {
    output.write(`Run by ${runner.name}.\n`);
    for (const name of options.names) {
      if (isInterrupted) break;
      const needed = scriptOf(name).servers;
      // Scripts share servers as long as these are enough; one that needs many gets them for itself.
      const count = Math.max(needed, options.names.length > 1 ? 2 : 0);
      if (target !== undefined && target.servers.length < count && options.target === "processes") {
        await target.close();
        target = undefined;
      }
      if (target === undefined) {
        const from = performance.now();
        target = await openTarget(options, count);
        output.write(`${target.servers.length} servers at ${target.name} (${seconds(from)}).\n`);
      }
      try {
        ran.push({ name, ...(await runOne(name, { options, runner, target, folder, output, interrupted })) });
      } catch (error) {
        // Of all of them, some may need what this target has not.
        if (!(error instanceof BadFlags) || options.names.length === 1) throw error;
        output.write(`\n${name} is left out: ${error.message}\n`);
      }
    }
  } catch (error) {
    // Ctrl-C reaches all processes of a terminal: one that had just been started has ended by it.
    if (!isInterrupted) throw error;
  } finally {
    await target?.close();
    await rm(folder, { recursive: true, force: true });
  }
  if (options.json !== undefined) await writeReport(options.json, options, runner, ran);
  const failed = ran.filter(({ ok, interrupted: cut }) => !ok && !cut);
  if (isInterrupted) {
    const whole = ran.filter(({ interrupted: cut }) => !cut).length;
    output.write(`Interrupted: ${whole} of ${options.names.length} scripts ran to their end.\n`);
    return EXIT.interrupted;
  }
  if (options.names.length > 1) {
    const names = failed.map(({ name }) => name).join(", ");
    output.write(
      `${ran.length - failed.length} of ${ran.length} scripts are well${names === "" ? "" : `, not ${names}`}.\n`,
    );
  }
  return failed.length === 0 ? EXIT.ok : EXIT.failed;
}

interface Place {
  options: LoadtestOptions;
  runner: Runner;
  target: Target;
  folder: string;
  output: Output;
  interrupted: Promise<void>;
}

async function runOne(
  name: ScriptName,
  { options, runner, target, folder, output, interrupted }: Place,
): Promise<ScriptResult> {
  const { profile, times, slack, shorten, size } = options;
  const from = performance.now();
  const data = join(folder, name);
  const preparing = prepare({ name, profile, times, shorten, size, target, folder: data });
  const prepared = await Promise.race([preparing, interrupted, target.ended]);
  if (prepared === undefined) {
    await preparing.then(({ close }) => close()).catch(() => undefined);
    output.write(`\n${name}, ${profile}: interrupted before it ran.\n`);
    return { ok: false, interrupted: true, cpuSeconds: {} };
  }
  const signed = prepared.requests === 0 ? "" : `, ${prepared.requests} requests signed`;
  const shape = shorten === 1 ? profile : `${profile} shortened by ${shorten}`;
  const length = Math.ceil(secondsOf(profile, shorten));
  output.write(`\n${name}, ${shape}: prepared in ${seconds(from)}${signed}; runs for ${length} s or so.\n`);
  const begun = performance.now();
  const progress = setInterval(() => output.write(`  ${seconds(begun)} …\n`), PROGRESS_MS);
  try {
    const result = await runScript({ name, profile, runner, target, folder: data, times, slack, shorten, interrupted });
    output.write(`${table(result)}  ${result.interrupted ? "interrupted" : result.ok ? "ok" : "FAILED"}\n`);
    return result;
  } finally {
    clearInterval(progress);
    await prepared.close();
    await rm(data, { recursive: true, force: true });
  }
}

async function writeReport(file: string, options: LoadtestOptions, runner: Runner, ran: Ran[]): Promise<void> {
  const report = {
    schema: SCHEMA,
    runner: runner.name,
    target: options.target,
    profile: options.profile,
    times: options.times,
    slack: options.slack,
    shorten: options.shorten,
    machine: thisMachine(),
    versions: versions(),
    commit: commit(),
    runs: ran,
  };
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

function seconds(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(1)} s`;
}
