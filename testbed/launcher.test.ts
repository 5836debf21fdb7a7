import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { cast } from "./launcher/cast.ts";
import { checkPorts } from "./launcher/federation.ts";
import { eventually } from "./scenarios/steps.ts";

const START = fileURLToPath(new URL("./start.ts", import.meta.url));
/** What an earlier version has kept. */
const STORED = fileURLToPath(new URL("../plugin/model/fixtures/schema-2.sqlite", import.meta.url));
const LONG = 60_000;

/** Exactly the form that the issue gives. */
const reportForm = z.strictObject({
  servers: z.array(
    z.strictObject({
      name: z.string(),
      origin: z.string(),
      users: z.array(z.strictObject({ username: z.string(), password: z.string(), address: z.string() })).min(1),
    }),
  ),
  steps: z.array(
    z.strictObject({ name: z.string(), ok: z.boolean(), ms: z.number().int(), error: z.string().optional() }),
  ),
  ok: z.boolean().nullable(),
});

interface Started {
  child: ChildProcessByStdio<null, Readable, Readable>;
  output: { text: string; problems: string };
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

let folder: string;
let json: string;
let base: number;
let started: Started[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "launcher-test-"));
  await mkdir(join(folder, "tmp"));
  json = join(folder, "report.json");
  base = await freePorts(3);
  started = [];
});

afterEach(async () => {
  for (const { child, ended } of started) {
    child.kill("SIGKILL");
    await ended;
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** The first of `count` neighbouring free ports, below those that the system hands out by itself. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 15_000 + Math.floor(Math.random() * 15_000);
    const free = await checkPorts(cast(count, first)).then(
      () => true,
      () => false,
    );
    if (free) {
      return first;
    }
  }
}

function start(...flags: string[]): Started {
  const child = spawn(process.execPath, [START, "--port", String(base), "--json", json, ...flags], {
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
  const ended = new Promise<Awaited<Started["ended"]>>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal })),
  );
  const one = { child, output, ended };
  started.push(one);
  return one;
}

const report = async () => reportForm.parse(JSON.parse(await readFile(json, "utf8")));
const isReady = () => eventually("the servers", async () => (existsSync(json) ? true : undefined), 30_000);

/** Process ids of the launcher's children; Linux only. */
async function childrenOf({ child }: Started): Promise<number[]> {
  const text = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}

/** A process that has ended but was not yet waited for is gone, too. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return status !== undefined && !/^\d+ \(.*\) [ZX]/s.test(status);
}

/** Everything is gone: each process, and each port can be had again. */
async function allGone(pids: number[]): Promise<void> {
  await eventually("the end of every server", async () => {
    const alive = (await Promise.all(pids.map(isAlive))).includes(true);
    const free = await checkPorts(cast(3, base)).then(
      () => true,
      () => false,
    );
    return (!alive && free) || undefined;
  });
}

function occupy(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, "127.0.0.1", () => resolve(server));
  });
}

describe("npm start", () => {
  it("shows its flags and ends", async () => {
    const { ended, output } = start("--help");
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(output.text).toContain("--once");
  });

  it("answers a flag that it does not know with one line and exit code 2", async () => {
    const { ended, output } = start("--onze");
    expect(await ended).toEqual({ code: 2, signal: null });
    expect(output).toEqual({ text: "", problems: "There is no flag --onze; did you mean --once?\n" });
  });

  it("answers a taken port with one line that names it and exit code 2, and leaves nothing behind", async () => {
    const other = await occupy(base + 1);
    const { ended, output } = start("--once", "--data", join(folder, "data"));
    expect(await ended).toEqual({ code: 2, signal: null });
    other.close();
    expect(output).toEqual({ text: "", problems: `Port ${base + 1} is taken. Choose another with --port.\n` });
    expect(await readdir(folder)).toEqual(["tmp"]);
  });

  it(
    "answers the data of another version with one line and exit code 2",
    async () => {
      const data = join(folder, "data");
      await mkdir(join(data, "alpha"), { recursive: true });
      await copyFile(STORED, join(data, "alpha", "ocm.sqlite"));
      const database = new DatabaseSync(join(data, "alpha", "ocm.sqlite"));
      database.exec(`update ocm_fixed set value = '{"version":99}' where _id = 'schema'`);
      database.close();
      const { ended, output } = start("--data", data);
      expect((await ended).code).toBe(2);
      expect(output.problems).toMatch(/^The database has schema 99, but this version .* knows only \d+: .*\.\n$/);
      expect(output.text).toBe("");
      await checkPorts(cast(3, base));
    },
    2 * LONG,
  );

  it("answers a report that cannot be written with one line and exit code 2", async () => {
    const { ended, output } = start("--json", join(folder, "no/such/folder.json"));
    expect((await ended).code).toBe(2);
    expect(output.problems).toMatch(/^--json: .* cannot be written\.\n$/);
  });

  it(
    "reports the servers when they answer, before the walk, and does not leave an older report there",
    async () => {
      await writeFile(json, '{"servers":[],"steps":[],"ok":true}');
      start();
      const first = await eventually(
        "the report of this start",
        async () => {
          const now = await report().catch(() => undefined);
          return now && now.servers.length > 0 ? now : undefined;
        },
        30_000,
      );
      expect([first.steps, first.ok]).toEqual([[], null]);
      expect(first.servers.map(({ name, origin }) => [name, origin])).toEqual([
        ["alpha", `http://localhost:${base}`],
        ["beta", `http://localhost:${base + 1}`],
        ["gamma", `http://localhost:${base + 2}`],
      ]);
      for (const { origin } of first.servers) {
        expect((await fetch(`${origin}/healthz`)).status).toBe(200);
      }
    },
    LONG,
  );

  it(
    "leaves no process, no port and no data behind when it is told to end",
    async () => {
      const one = start();
      await isReady();
      const children = await childrenOf(one);
      expect(await readdir(join(folder, "tmp"))).not.toEqual([]);
      one.child.kill("SIGINT");
      expect((await one.ended).signal).toBeNull();
      await allGone(children);
      expect((await readdir(join(folder, "tmp"))).filter((name) => name.startsWith("koa-ocm-"))).toEqual([]);
    },
    LONG,
  );

  it(
    "leaves no process and no port behind when it is killed without warning",
    async () => {
      const one = start();
      await isReady();
      const children = await childrenOf(one);
      expect(children.length).toBe(process.platform === "linux" ? 3 : 0);
      one.child.kill("SIGKILL");
      expect((await one.ended).signal).toBe("SIGKILL");
      await allGone(children);
    },
    LONG,
  );

  it.runIf(process.platform === "linux")(
    "ends with exit code 1 and names the server when one of them is killed",
    async () => {
      const one = start();
      await isReady();
      const children = await childrenOf(one);
      process.kill(children[1] ?? 0, "SIGKILL");
      expect((await one.ended).code).toBe(1);
      expect(one.output.problems).toContain("beta ended unasked (SIGKILL)");
      await allGone(children);
      expect((await report()).ok).toBe(false);
    },
    LONG,
  );
});

describe("npm start -- --once", () => {
  it(
    "walks at least twelve steps, all well, reports them and ends with exit code 0",
    async () => {
      const { ended, output } = start("--once");
      const end = await ended;
      expect(output.problems).toBe("");
      expect(end, output.text).toEqual({ code: 0, signal: null });
      const { steps, ok } = await report();
      expect(ok).toBe(true);
      expect(steps.length).toBeGreaterThanOrEqual(12);
      expect(steps.every((step) => step.ok)).toBe(true);
      expect(await readdir(join(folder, "tmp"))).toEqual([]);
    },
    LONG,
  );

  it(
    "is what ends it: without the flag the servers stay up after the walk, until Ctrl-C",
    async () => {
      const one = start();
      await eventually("the end of the walk", async () => one.output.text.includes("stay up") || undefined, 50_000);
      const { servers, ok } = await report();
      expect(ok).toBe(true);
      for (const { origin } of servers) {
        expect((await fetch(`${origin}/healthz`)).status).toBe(200);
      }
      one.child.kill("SIGINT");
      expect(await one.ended).toEqual({ code: 0, signal: null });
    },
    LONG,
  );

  it(
    "walks again, with more servers, over data that was kept",
    async () => {
      base = await freePorts(4);
      for (let round = 0; round < 2; round += 1) {
        const { ended, output } = start("--once", "--nodes", "4", "--data", join(folder, "data"));
        expect((await ended).code, output.text).toBe(0);
      }
      expect((await readdir(join(folder, "data"))).sort()).toEqual(["alpha", "beta", "delta", "gamma"]);
    },
    2 * LONG,
  );
});
