import { spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../loadtest.ts", import.meta.url));
export const ADAPTER = fileURLToPath(new URL("../adapter/main.ts", import.meta.url));
const NO_PROGRAMS = "/nowhere";

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Processes of its group that are still there. */
  isAnybodyLeft: boolean;
  /** What is left in its temporary folder, which it has to itself. */
  temporary: string[];
}

interface Surroundings {
  path?: string;
  environment?: Record<string, string>;
  /** What it says when it is interrupted, as Ctrl-C does it in a terminal: the whole process group. */
  interruptAt?: string;
  /** Milliseconds after that. */
  interruptAfterMs?: number;
}

/** Runs the command itself, as a process. What it starts belongs to its process group, so it can be seen whether anything is left. */
export async function loadtest(
  words: string[],
  { path = NO_PROGRAMS, environment = {}, interruptAt = "", interruptAfterMs = 0 }: Surroundings = {},
): Promise<Ended> {
  const temporary = await mkdtemp(join(tmpdir(), "koa-ocm-temporary-"));
  const child = spawn(process.execPath, [COMMAND, ...words], {
    detached: true,
    env: { ...process.env, ...environment, PATH: path, TMPDIR: temporary },
  });
  const group = -(child.pid ?? 0);
  let stdout = "";
  let stderr = "";
  let isInterrupted = interruptAt === "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (isInterrupted || !stdout.includes(interruptAt)) return;
    isInterrupted = true;
    setTimeout(() => process.kill(group, "SIGINT"), interruptAfterMs);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  let isAnybodyLeft = true;
  try {
    process.kill(group, 0);
  } catch {
    isAnybodyLeft = false;
  }
  const left = await readdir(temporary);
  await rm(temporary, { recursive: true, force: true });
  return { code, stdout, stderr, isAnybodyLeft, temporary: left };
}

/** Writes a shell script of this name. @returns the folder that it is in, for PATH */
export async function program(folder: string, name: string, text: string): Promise<string> {
  const programs = await mkdtemp(join(folder, "bin-"));
  await writeFile(join(programs, name), `#!/bin/sh\n${text}\n`);
  await chmod(join(programs, name), 0o755);
  return programs;
}
