import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BadFlags } from "../../testbed/launcher/words.ts";
import type { RunnerChoice } from "./options.ts";

/** What runs scripts. */
export interface Runner {
  /** As reports name it. */
  name: string;
  kind: "k6" | "docker" | "node";
  /** The program and its words. Folders are where the script is, and where it reads and writes. */
  command(run: { script: string; folder: string; environment: Record<string, string> }): [string, string[]];
  /** Environment variables that say how it works; undefined: it is kept from it. */
  settings: Record<string, string | undefined>;
  /** What ends it where killing the process does not. */
  remove?: [string, string[]];
}

const IMAGE = "grafana/k6";
const ADAPTER = fileURLToPath(new URL("../adapter/main.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/**
 * How k6 works for us. It sends usage reports to its makers unless it is told not to. And the data of `handleSummary` have two shapes since
 * 1.5: this asks for the one of https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/, as the other one tells of no
 * thresholds.
 */
const K6_SETTINGS = { K6_NO_USAGE_REPORT: "true", K6_NEW_MACHINE_READABLE_SUMMARY: "false" };
/** Variables that would change what a script says of itself. */
const NOT_PASSED_ON = ["K6_VUS", "K6_DURATION", "K6_ITERATIONS", "K6_STAGES", "K6_SUMMARY_TREND_STATS"];
/** Before version 1 it does not take TypeScript. */
const TOO_OLD = /\bv0\./;
const LONGEST_LOOK_MS = 10_000;
const LONGEST_PULL_MS = 120_000;

/** Chooses what runs the scripts. k6 is never installed: it is there or it is not. @throws BadFlags when the one named is not there */
export async function chooseRunner(choice: RunnerChoice): Promise<Runner> {
  if (choice === "node") return nodeRunner();
  if (choice !== "docker") {
    const k6 = await k6Runner();
    if (k6 !== undefined && !TOO_OLD.test(k6.name)) return k6;
    if (choice === "k6" && k6 !== undefined)
      throw new BadFlags(`${k6.name} is too old; the scripts need k6 1 or newer.`);
    if (choice === "k6")
      throw new BadFlags("There is no k6 on PATH. It is at https://k6.io, under the AGPL; --runner node does without.");
  }
  const docker = await dockerRunner();
  if (docker !== undefined) return docker;
  if (choice === "docker") throw new BadFlags(`Docker is not there, or cannot get the image ${IMAGE}.`);
  return nodeRunner();
}

const said = async (program: string, words: string[], within = LONGEST_LOOK_MS): Promise<string | undefined> =>
  promisify(execFile)(program, words, { timeout: within }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );

async function k6Runner(): Promise<Runner | undefined> {
  const program = onPath("k6");
  const version = program === undefined ? undefined : await said(program, ["version"]);
  if (program === undefined || version === undefined) return undefined;
  return {
    name: nameOf(version),
    kind: "k6",
    settings: { ...Object.fromEntries(NOT_PASSED_ON.map((variable) => [variable, undefined])), ...K6_SETTINGS },
    command: ({ script, environment }) => [program, words(script, environment)],
  };
}

async function dockerRunner(): Promise<Runner | undefined> {
  const program = onPath("docker");
  if (program === undefined) return undefined;
  const isThere = await said(program, ["image", "inspect", "--format", "{{.Id}}", IMAGE]);
  if (isThere === undefined && (await said(program, ["pull", "--quiet", IMAGE], LONGEST_PULL_MS)) === undefined) {
    return undefined;
  }
  const version = (await said(program, ["run", "--rm", IMAGE, "version"], LONGEST_PULL_MS)) ?? "k6";
  const container = `koa-ocm-loadtest-${process.pid}`;
  return {
    name: `${nameOf(version)}, image ${IMAGE}`,
    kind: "docker",
    settings: {},
    remove: [program, ["rm", "--force", container]],
    command: ({ script, folder, environment }) => {
      const { SSL_CERT_FILE: authority } = environment;
      const mounts = ["-v", `${ROOT}:${ROOT}:ro`, "-v", `${folder}:${folder}`];
      if (authority !== undefined) mounts.push("-v", `${authority}:${authority}:ro`);
      // Its servers listen on this machine's loopback; and what it writes belongs to whoever started it.
      const place = ["--network", "host", "--user", `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`];
      const own = { ...K6_SETTINGS, ...(authority === undefined ? {} : { SSL_CERT_FILE: authority }) };
      const inside = Object.entries(own).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
      return [
        program,
        [
          "run",
          "--rm",
          "--init",
          "-i",
          "--name",
          container,
          ...place,
          ...mounts,
          ...inside,
          IMAGE,
          ...words(script, environment),
        ],
      ];
    },
  };
}

function nodeRunner(): Runner {
  return {
    name: `the adapter in Node ${process.versions.node}, which is not k6`,
    kind: "node",
    settings: {},
    command: ({ script, environment }) => [
      process.execPath,
      ["--disable-warning=ExperimentalWarning", ADAPTER, ...words(script, environment)],
    ],
  };
}

function words(script: string, environment: Record<string, string>): string[] {
  const pairs = Object.entries(environment).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  return ["run", "--quiet", ...pairs, script];
}

/** The first line of `k6 version`, such as `k6 v1.3.0 (…)`, without its brackets. */
function nameOf(version: string): string {
  return (version.split("\n")[0] ?? "").replace(/\.exe\b/, "").replace(/ *\(.*$/, "") || "k6";
}

function onPath(program: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not there: the next one.
    }
  }
  return undefined;
}
