import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { measureBig } from "./bench/big/measure-big.ts";
import { readOptions } from "./bench/options.ts";
import { startPeer } from "./bench/peer.ts";
import { createChildren } from "./bench/process/children.ts";
import { runBench } from "./bench/run.ts";

const BENCH = fileURLToPath(new URL("./bench.ts", import.meta.url));
const LONG = 300_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocm-bench-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Starts the bench with `folder` for its temporary files. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [BENCH, ...args], { env: { ...process.env, TMPDIR: folder } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  return { child, said: () => said, ended: once(child, "close").then(([code]) => code) };
}

describe("npm run bench", () => {
  it("draws where the time of a path goes", { timeout: LONG }, async () => {
    const { said, ended } = start("--only", "jwks", "--rounds", "2", "--flame", join(folder, "flames"));
    expect(await ended, said()).toBe(0);
    const drawing = await readFile(join(folder, "flames", "flame-jwks.svg"), "utf8");
    expect(drawing).toContain("<title>sendDocument (endpoints): ");
    expect(drawing).toContain("<title>handleRequest (koa): ");
    expect(drawing).not.toContain("beginProfile");
  });

  it("measures paths, has every answer right and writes what it found", { timeout: LONG }, async () => {
    const json = join(folder, "report.json");
    // CI measures all of them besides, and makes a page of that.
    const only = ["token", "propfind-1000", "put-1mib"];
    const { said, ended } = start("--only", only.join(), "--rounds", "1", "--seconds", "1", "--json", json);
    expect(await ended, said()).toBe(0);

    const report = JSON.parse(await readFile(json, "utf8"));
    expect(Object.keys(report.paths)).toEqual(only);
    for (const path of Object.values<Record<string, unknown>>(report.paths)) {
      for (const field of ["ours", "yardstick", "ratio", "cpuMsPerRequest", "p50", "p99", "rssMiB"]) {
        expect(path[field], field).toBeGreaterThan(0);
      }
      expect(path.eventLoopP99Ms).toBeGreaterThanOrEqual(0);
      expect(path.p99).toBeGreaterThanOrEqual(path.p50 as number);
      expect(path.answers).toEqual({ ours: expect.any(Number), yardstick: expect.any(Number) });
      expect((path.answers as { ours: number }).ours).toBeGreaterThan(10);
      expect(path.spread).toEqual({
        ours: [path.ours, path.ours],
        yardstick: [path.yardstick, path.yardstick],
        ratio: [path.ratio, path.ratio],
      });
    }
    expect(report.paths["propfind-1000"].rival).toMatchObject({ name: "nephele", answers: expect.any(Number) });
    expect(report.paths["propfind-1000"].rival.ratio).toBeGreaterThan(1);
    expect(report.machine.cores).toBeGreaterThan(0);
    expect(report.versions.node).toBe(process.versions.node);
    expect(said()).toMatch(/token: round 1 of 1, \d+\/s, yardstick \d+\/s, ratio \d/);
    expect(await readdir(folder)).toEqual(["report.json"]);
  });

  it.each(["share-intake", "token", "notification"])(
    "fails on %s when the signatures are not of the key that the peer publishes",
    { timeout: LONG },
    async (only) => {
      const options = readOptions(["--only", only, "--rounds", "1"]);
      const { privateKey } = generateKeyPairSync("ed25519");
      const run = runBench(options, { children: createChildren(), progress: () => undefined, signWith: privateKey });
      await expect(run).rejects.toThrow(/the generator: Error: Answered with 40[01]: .*"signature-invalid"/);
    },
  );

  it("measures large files both ways and many slow downloads at once", { timeout: LONG }, async () => {
    const children = createChildren();
    const peer = await startPeer();
    try {
      const size = 2 ** 25;
      const plan = { folder: join(folder, "big"), size, bytesPerSecond: 2 ** 25, readers: 200, watched: 1 };
      const { down, up, slow } = await measureBig(plan, { children, peer, progress: () => undefined });
      for (const transfer of [down, up]) {
        expect(transfer.bytes).toBe(size);
        expect(transfer.seconds).toBeGreaterThan(0.9);
        expect(transfer.growth).toBeCloseTo(transfer.peak - transfer.idle);
      }
      expect(slow).toMatchObject({ count: 200, alive: 200 });
    } finally {
      children.kill();
      await peer.close();
    }
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "leaves nothing behind on %s, not even an earlier report",
    { timeout: LONG },
    async (signal) => {
      const json = join(folder, "report.json");
      await writeFile(json, "{}");
      const { child, said, ended } = start("--only", "discovery", "--rounds", "100", "--json", json);
      while (!said().includes("round 1")) await once(child.stdout, "data");
      child.kill(signal);
      expect(await ended).toBe(130);
      expect(said()).toContain(`Ended by ${signal}.`);
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it("says in one sentence what is wrong with the command line", async () => {
    const { said, ended } = start("--only", "nothing");
    expect(await ended).toBe(2);
    expect(said()).toBe(
      "--only: there is no path “nothing”; there are discovery, jwks, share-intake, token, notification, propfind-1000, " +
        "get-1mib, put-1mib, big.\n",
    );
  });

  it("shows its flags", async () => {
    const { said, ended } = start("--help");
    expect(await ended).toBe(0);
    expect(said()).toMatch(/^Usage: npm run bench -- /);
  });
});
