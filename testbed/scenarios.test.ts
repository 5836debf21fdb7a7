import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FAULT_NAMES } from "./faults/faults.ts";
import { eventually } from "./scenarios/steps.ts";
import { SCENARIO_NAMES } from "./scenarios/table.ts";

const LONG = { timeout: 120_000 };
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface Started {
  child: ChildProcessByStdio<null, Readable, Readable>;
  output: { text: string; problems: string };
  ended: Promise<number | null>;
}

let folder: string;
let started: Started[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "scenarios-test-"));
  await mkdir(join(folder, "tmp"));
  started = [];
});

afterEach(async () => {
  for (const { child, ended } of started) {
    child.kill("SIGKILL");
    await ended;
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function start(command: "scenario" | "scenarios", ...words: string[]): Started {
  const child = spawn(process.execPath, [file(`./${command}.ts`), ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: join(folder, "tmp") },
  });
  const output = { text: "", problems: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.text += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.problems += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  started.push({ child, output, ended });
  return { child, output, ended };
}

/** Process ids of the servers that a command has started; Linux only. */
async function serversOf({ child }: Started): Promise<number[]> {
  const text = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}

async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return status !== undefined && !/^\d+ \(.*\) [ZX]/s.test(status);
}

/** Both servers are up, and the scenario plays. */
async function playing(one: Started): Promise<number[]> {
  await eventually("the first step", async () => one.output.text.includes("  1  ") || undefined, 60_000);
  return await serversOf(one);
}

async function nothingLeft(pids: number[]): Promise<void> {
  await eventually("the end of every server", async () => {
    return (await Promise.all(pids.map(isAlive))).every((alive) => !alive) || undefined;
  });
  const left = await readdir(join(folder, "tmp"));
  expect(left.filter((name) => name.startsWith("koa-ocm-"))).toEqual([]);
}

describe("npm run scenarios", () => {
  it("lists every scenario and every fault with a line", async () => {
    const { ended, output } = start("scenarios");
    expect(await ended).toBe(0);
    for (const name of [...SCENARIO_NAMES, ...FAULT_NAMES]) {
      expect(output.text).toMatch(new RegExp(`^  ${name} +\\S.{10,}$`, "m"));
    }
  });

  it.each([
    [["scenarios", "--al"], "There is no flag --al; did you mean --all?\n"],
    [["scenarios", "--all", "--fault", "latencies"], "There is no fault latencies; did you mean latency?\n"],
    [["scenarios", "--fault", "loss"], "--fault needs --all.\n"],
    [["scenario"], "Name a scenario; npm run scenarios lists them.\n"],
    [["scenario", "unshar"], "There is no scenario unshar; did you mean unshare?\n"],
    [["scenario", "unshare", "--fault", "lost"], "There is no fault lost; did you mean loss?\n"],
    [["scenario", "unshare", "--sender", "koa"], "There is no server kind koa; did you mean koa-ocm?\n"],
    [["scenario", "unshare", "--sender", "legacy"], "A legacy server can only receive: --receiver legacy.\n"],
    [
      ["scenario", "expiry", "--fault", "clock-skew"],
      "expiry makes no sense under clock-skew: by each server's clock its time is over at another moment.\n",
    ],
    [["scenario", "share-legacy-basic", "--tls"], "The legacy server speaks plain HTTP only.\n"],
    [["scenario", "unshare", "decline"], "One scenario at a time: “decline” is one too many.\n"],
    [["scenario", "unshare", "--har", "/no/such/folder/x"], "/no/such/folder/x cannot be written.\n"],
  ])("answers %j with one line and exit code 2", async ([command = "", ...words], line) => {
    const { ended, output } = start(command === "scenario" ? "scenario" : "scenarios", ...words);
    expect(await ended).toBe(2);
    expect(output).toEqual({ text: "", problems: line });
  });
});

describe("npm run scenario", () => {
  it(
    "plays a scenario under a fault, draws the conversation without a secret, and writes both reports",
    LONG,
    async () => {
      const [har, junit] = [join(folder, "x.har"), join(folder, "x.xml")];
      const words = [
        "share-code-flow",
        "--fault",
        "duplicate",
        "--seed",
        "7",
        "--trace",
        "--har",
        har,
        "--junit",
        junit,
      ];
      const { ended, output } = start("scenario", ...words);
      expect(await ended, output.text).toBe(0);
      expect(output.problems).toBe("");
      expect(output.text).toMatch(/POST \/ocm\/shares ─/);
      expect(output.text).toContain("signature base, valid by http://localhost:");
      expect(output.text).toContain("fault: sent twice");
      const archive = await readFile(har, "utf8");
      for (const text of [output.text, archive]) {
        expect(text).toContain("‹sharedSecret 1›");
        expect(text).not.toMatch(/Bearer [a-z]|\bcode=[a-z0-9]|"access_token":\s*"[a-z]|"sharedSecret":\s*"[a-z0-9]/);
      }
      expect(JSON.parse(archive).log.entries.length).toBeGreaterThan(8);
      const report = await readFile(junit, "utf8");
      expect(report).toContain('<testsuite name="share-code-flow" tests="9" failures="0"');
      expect(await readdir(join(folder, "tmp"))).toEqual([]);
    },
  );

  it.each(["SIGINT", "SIGTERM"] as const)("ends with 130 on %s, and leaves nothing behind", LONG, async (signal) => {
    const one = start("scenario", "expiry");
    const servers = await playing(one);
    one.child.kill(signal);
    expect(await one.ended).toBe(130);
    expect(one.output.text).not.toContain("FAIL");
    expect(one.output.problems).toMatch(/^\nexpiry was interrupted after [\d.]+ m?s\.\n$/);
    await nothingLeft(servers);
  });

  it.runIf(process.platform === "linux")(
    "ends with 1 and names the server when one dies unasked, and says how to do the same again",
    LONG,
    async () => {
      const junit = join(folder, "x.xml");
      const one = start("scenario", "expiry", "--seed", "9", "--junit", junit);
      const servers = await playing(one);
      expect(servers).toHaveLength(2);
      process.kill(servers[1] ?? 0, "SIGKILL");
      expect(await one.ended).toBe(1);
      expect(one.output.problems).toMatch(/beta ended unasked \(SIGKILL\).*--seed 9\n$/s);
      expect(await readFile(junit, "utf8")).toContain('failures="1"');
      await nothingLeft(servers);
    },
  );

  it.runIf(process.platform === "linux").each([
    ["", []],
    [", and one of them is being started again", ["--fault", "kill-before-commit"]],
  ])("leaves no server behind when it is killed itself%s", LONG, async (_when, more) => {
    const one = start("scenario", "expiry", ...more);
    const first = await playing(one);
    if (more.length > 0) {
      await eventually(
        "a new process",
        async () => (await serversOf(one)).some((pid) => !first.includes(pid)) || undefined,
        20_000,
      );
    }
    const servers = await serversOf(one);
    one.child.kill("SIGKILL");
    await one.ended;
    await eventually(
      "the end of every server",
      async () => (await Promise.all(servers.map(isAlive))).every((alive) => !alive) || undefined,
      20_000,
    );
  });
});
