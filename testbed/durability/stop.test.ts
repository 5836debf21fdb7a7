import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { databaseOf } from "../launcher/federation.ts";
import { eventually } from "../scenarios/steps.ts";
import { type ServerDatabase, serverDatabases, withMongo } from "./databases.test-helper.ts";
import { runningPair, statusOf } from "./pair.test-helper.ts";
import { blackHole, smallServer } from "./small-server.test-helper.ts";

const INSTANCE = fileURLToPath(new URL("./instance.test-helper.ts", import.meta.url));
const TIMEOUT = { timeout: 60_000 };
const SHARES = 20;

describe.each(serverDatabases())("A server that is told to end, on $name", (database) => {
  it.each(["alpha", "beta"] as const)("loses nothing of what was under way when that is %s", TIMEOUT, async (which) => {
    await using pair = await runningPair(database);
    const { alpha, beta } = pair;
    const paths: string[] = [];
    for (let made = 0; made < SHARES; made += 1) paths.push(await pair.newFile());
    const shared = paths.map((path) => alpha.role.share(path, beta.account.address, ["read"]));
    const outcomes = Promise.allSettled(shared);
    // The first has been answered; others are in each of the states before that.
    await Promise.any(shared);
    const { code, said } = await pair[which].stop();
    expect([code, said]).toEqual([0, ""]);
    await pair[which].start();
    const answered = (await outcomes).map(({ status }) => status === "fulfilled");
    const books = await pair.settled();
    paths.forEach((path, at) => {
      const found = statusOf(books, path.slice(1));
      if (answered[at] || found.length > 0) expect(found, path).toEqual(["pending", "pending"]);
    });
    expect(answered).toContain(true);
  });

  it("does not wait for a peer that never answers, and tries again after the next start", TIMEOUT, async () => {
    await using pair = await runningPair(database);
    const { alpha, beta } = pair;
    await beta.kill();
    const hole = await blackHole(Number(beta.host.split(":")[1]));
    const path = await pair.newFile();
    const share = alpha.role.share(path, beta.account.address, ["read"]);
    await eventually("the attempt", async () => hole.connections() > 0 || undefined);
    const from = performance.now();
    const { code } = await alpha.stop();
    expect(code).toBe(0);
    expect(performance.now() - from).toBeLessThan(5000);
    await share.catch(() => undefined);
    await hole.close();
    await Promise.all([alpha.start(), beta.start()]);
    expect(statusOf(await pair.settled(), path.slice(1))).toEqual(["pending", "pending"]);
  });
});

describe.each(serverDatabases())("A process whose instance on $name was closed", (database) => {
  it("ends by itself, whatever was under way to peers", TIMEOUT, async () => {
    await using instance = await runningInstance(database);
    const peer = await smallServer();
    const hole = await blackHole();
    instance.process.stdin.write(`bob@${peer.host}\nbob@localhost:${hole.port}\n`);
    await eventually(
      "both deliveries",
      async () => (hole.connections() > 0 && instance.said().includes("pending")) || undefined,
    );
    const from = performance.now();
    instance.process.stdin.end();
    const [code] = await once(instance.process, "exit");
    expect([code, instance.problems()]).toEqual([0, ""]);
    expect(performance.now() - from).toBeLessThan(5000);
    await Promise.all([peer.close(), hole.close()]);
  });

  it("ends by itself at once where nothing was", TIMEOUT, async () => {
    await using instance = await runningInstance(database);
    const from = performance.now();
    instance.process.stdin.end();
    const [code] = await once(instance.process, "exit");
    expect([code, instance.problems()]).toEqual([0, ""]);
    expect(performance.now() - from).toBeLessThan(1500);
  });
});

interface RunningInstance extends AsyncDisposable {
  process: ChildProcessWithoutNullStreams;
  said(): string;
  problems(): string;
}

async function runningInstance({ mongodb }: ServerDatabase): Promise<RunningInstance> {
  const folder = await mkdtemp(join(tmpdir(), "koa-ocm-instance-"));
  const name = `instance-${randomBytes(4).toString("hex")}`;
  const database = mongodb === undefined ? `file:${join(folder, "ocm.sqlite")}` : databaseOf(mongodb, name);
  const port = String(10_000 + Math.floor(Math.random() * 5000));
  const process_ = spawn(process.execPath, [INSTANCE, `http://localhost:${port}`, database, port]);
  let said = "";
  let problems = "";
  process_.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  process_.stderr.setEncoding("utf8").on("data", (text: string) => {
    problems += text;
  });
  await eventually("the instance", async () => (said === "" && process_.exitCode === null ? undefined : true), 30_000);
  if (process_.exitCode !== null) throw new Error(`It ended: ${problems}`);
  // Whoever listens for a while longer is what keeps a process alive.
  await delay(100);
  return {
    process: process_,
    said: () => said,
    problems: () => problems,
    async [Symbol.asyncDispose]() {
      if (process_.exitCode === null) {
        process_.kill("SIGKILL");
        await once(process_, "exit");
      }
      if (mongodb !== undefined) await withMongo(mongodb, name, (opened) => opened.dropDatabase());
      await rm(folder, { recursive: true, maxRetries: 3 });
    },
  };
}
