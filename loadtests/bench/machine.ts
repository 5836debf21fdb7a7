import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";

export interface Machine {
  platform: string;
  cpu: string;
  cores: number;
  memoryGiB: number;
  /** Load average over one minute, when the run began. */
  load: number;
}

export type Versions = Record<"koa-ocm" | "node" | "v8" | "sqlite" | "openssl" | "koa", string>;

export function thisMachine(): Machine {
  return {
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0] ?? 0,
  };
}

export function versions(): Versions {
  const { node = "", v8 = "", sqlite = "", openssl = "" } = process.versions;
  return {
    "koa-ocm": versionIn(new URL("../../package.json", import.meta.url)),
    node,
    v8,
    sqlite,
    openssl,
    koa: versionIn(new URL(import.meta.resolve("koa/package.json"))),
  };
}

function versionIn(file: URL): string {
  return JSON.parse(readFileSync(file, "utf8")).version;
}

/** The commit of the checkout, with `+` where files differ from it; null where there is no repository. */
export function commit(): string | null {
  const git = (...args: string[]) =>
    execFileSync("git", args, {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    return git("rev-parse", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+");
  } catch {
    return null;
  }
}
