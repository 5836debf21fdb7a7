import { spawn, spawnSync } from "node:child_process";

/** The programs that the WebDAV tests run. The package of each has its name, in Debian and elsewhere. */
export type Program = "litmus" | "rclone" | "curl";

/** How a program ended. */
export interface Run {
  /** The exit code; null where a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Why tests with this program cannot run here; false where they can. Where OCM_TEST_PROGRAMS is "required", as in CI, a missing
 * program is an error. scripts/with-programs.sh installs them.
 */
export function lacks(program: Program): string | false {
  if (isInstalled(program)) return false;
  const missing = `${program} is not installed (run: scripts/with-programs.sh npm test)`;
  if (process.env.OCM_TEST_PROGRAMS === "required") throw new Error(missing);
  return missing;
}

/** Does the shell find the program? Some have no option that only prints a version, so it is not run. */
function isInstalled(program: Program): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

/** Runs a program to its end, and kills it after `longestMs`. */
export function run(
  program: string,
  args: readonly string[],
  { longestMs = 60_000, cwd, env = {} }: { longestMs?: number; cwd?: string; env?: Record<string, string> } = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...withoutProxies(process.env), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: longestMs,
      killSignal: "SIGKILL",
    });
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        texts[name] += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...texts }));
  });
}

/** A proxy of this machine is not for servers in this process. */
function withoutProxies(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(https?|all)_proxy$/i.test(name)));
}
