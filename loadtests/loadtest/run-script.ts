import { spawn, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProfileName } from "../k6/shared/profiles.ts";
import type { Summary } from "../k6/shared/summarised.ts";
import type { ScriptName } from "./catalogue.ts";
import { cpuSecondsOf } from "./cpu.ts";
import type { Runner } from "./runner.ts";
import type { Target } from "./target.ts";

const SCRIPTS = fileURLToPath(new URL("../k6/", import.meta.url));
/** k6's own code for thresholds that do not hold. */
const THRESHOLDS = 99;
const LONGEST_END_MS = 8000;
const LOOK_MS = 200;
const KEPT_CHARACTERS = 4000;

export interface ScriptRun {
  name: ScriptName;
  profile: ProfileName;
  runner: Runner;
  target: Target;
  /** With what was prepared; the summary goes there too. */
  folder: string;
  times: number;
  slack: number;
  shorten: number;
  interrupted: Promise<void>;
}

/** How a run of a script ended. */
export interface ScriptResult {
  /** Absent: it wrote none. */
  summary?: Summary;
  /** All thresholds held. */
  ok: boolean;
  interrupted: boolean;
  /** Why it is not ok, where no threshold says it. */
  problem?: string;
  /** CPU seconds of the generator and of the servers, where the machine tells: who was the limit. */
  cpuSeconds: { generator?: number; servers?: number };
}

/** Runs one script to its end. The process that runs it is gone afterwards, whatever happened. */
export async function runScript({ name, profile, runner, target, folder, ...run }: ScriptRun): Promise<ScriptResult> {
  const file = join(folder, "summary.json");
  const certificates: Record<string, string> =
    target.ca === undefined ? {} : { SSL_CERT_FILE: target.ca, NODE_EXTRA_CA_CERTS: target.ca };
  const [program, words] = runner.command({
    script: join(SCRIPTS, `${name}.ts`),
    folder,
    environment: {
      DATA: folder,
      SUMMARY: file,
      PROFILE: profile,
      RUNNER: runner.name,
      TARGET: target.name,
      TIMES: String(run.times),
      SLACK: String(run.slack),
      SHORTEN: String(run.shorten),
      ...certificates,
    },
  });
  const before = target.cpuSeconds();
  const child = spawn(program, words, {
    // A terminal sends Ctrl-C to all of its processes. k6 takes a second one as the wish to end without a summary, so it gets ours only.
    detached: runner.kind !== "node",
    env: { ...process.env, ...certificates, ...runner.settings, NODE_ENV: "production" },
    stdio: ["ignore", "ignore", "pipe", ...(runner.kind === "node" ? (["ipc"] as const) : [])],
  });
  const kill = (): void => {
    child.kill("SIGKILL");
    if (runner.remove !== undefined) spawnSync(...runner.remove, { stdio: "ignore", timeout: LONGEST_END_MS });
  };
  process.once("exit", kill);
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  });
  let generator: number | undefined;
  const look = setInterval(() => {
    generator = cpuSecondsOf([child.pid]) ?? generator;
  }, LOOK_MS);
  const exited = new Promise<number>((resolve) => {
    child.once("error", (error) => {
      said = error.message;
      resolve(-1);
    });
    child.once("close", (code) => resolve(code ?? -1));
  });
  let isInterrupted = false;
  const stop = async (): Promise<void> => {
    child.kill("SIGINT");
    const late = setTimeout(kill, LONGEST_END_MS);
    await exited;
    clearTimeout(late);
  };
  try {
    const code = await Promise.race([exited, run.interrupted, target.ended]);
    if (code === undefined) {
      isInterrupted = true;
      await stop();
    }
    const after = target.cpuSeconds();
    const summary = await readFile(file, "utf8").then(
      (text) => JSON.parse(text) as Summary,
      () => undefined,
    );
    return {
      ok: code === 0 && summary !== undefined,
      interrupted: isInterrupted,
      ...(summary === undefined ? {} : { summary }),
      ...(isInterrupted || (summary !== undefined && (code === 0 || code === THRESHOLDS))
        ? {}
        : { problem: `${runner.name} ended with code ${code}. ${said.trim()}` }),
      cpuSeconds: {
        ...(generator === undefined ? {} : { generator }),
        ...(before === undefined || after === undefined ? {} : { servers: after - before }),
      },
    };
  } finally {
    clearInterval(look);
    // A server that ended unasked leaves the script running.
    if (child.exitCode === null && child.signalCode === null) await stop();
    process.off("exit", kill);
  }
}
