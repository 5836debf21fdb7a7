import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Curve, readCurve } from "../../testbed/plots/curve-form.ts";

const SCALE = fileURLToPath(new URL("../scale.ts", import.meta.url));
const LONG = 300_000;
const SHORT = ["--seconds", "1", "--rounds", "1"];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocm-scale-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Starts the command with `folder` for its temporary files. */
function start(words: readonly string[], environment: Record<string, string> = {}) {
  const env = { ...process.env, TMPDIR: folder, ...environment };
  const child = spawn(process.execPath, [SCALE, ...words, "--json", join(folder, "curves")], { env });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  return { child, said: () => said, ended: once(child, "close").then(([code]) => code) };
}

async function written(name: string): Promise<Curve> {
  return readCurve(await readFile(join(folder, "curves", `${name}.json`), "utf8"));
}

/** By series: what was measured at each size. */
function valuesOf({ series }: Curve): Record<string, [x: number, y: number | null][]> {
  return Object.fromEntries(series.map(({ name, points }) => [name, points.map(({ x, y }) => [x, y])]));
}

/** Something above zero at each of these sizes. */
function atEach(...sizes: number[]) {
  return sizes.map((size) => [size, expect.toSatisfy((y: number) => y > 0)]);
}

describe("npm run scale", () => {
  it("measures a server that has stored shares", { timeout: LONG }, async () => {
    const { said, ended } = start(["stored-shares", "--to", "1000", ...SHORT]);
    expect(await ended, said()).toBe(0);
    expect(valuesOf(await written("scale-stored-shares"))).toEqual({
      "page of received shares": atEach(1000),
      "token exchange": atEach(1000),
      "share intake": atEach(1000),
      "memory of the server": atEach(1000),
      start: atEach(1000),
      "size of the database": atEach(1000),
    });
    const times = await written("scale-stored-shares-times");
    expect(times.series.map(({ name }) => name)).toContain("token exchange, p99");
    expect(times.note).toMatch(/16 connections.* 1 rounds of 1 s.* cores .*load \d.*Node \d+.*commit /);
    expect(said()).toMatch(/stored-shares 1,000: round 1 of 1: page of received shares \d+\/s, token/);
    expect(said()).toMatch(/^stored shares +1,000$/m);
    expect(await readdir(folder)).toEqual(["curves"]);
  });

  it("measures peers that take turns, and downloads at the same time", { timeout: LONG }, async () => {
    const { said, ended } = start(["known-peers,downloads", "--to", "10", ...SHORT]);
    expect(await ended, said()).toBe(0);
    expect(valuesOf(await written("scale-known-peers"))).toMatchObject({
      "share intake": atEach(10),
      "documents fetched for a share": [[10, 0]],
    });
    expect(valuesOf(await written("scale-downloads"))).toMatchObject({
      "files downloaded": atEach(1, 10),
      "files downloaded, p99": atEach(1, 10),
      "small file beside them, p50": atEach(1, 10),
      "memory of the server": atEach(1, 10),
    });
    expect(await readdir(folder)).toEqual(["curves"]);
  });

  it("measures folders, and keeps what is finished when it is interrupted", { timeout: LONG }, async () => {
    const { child, said, ended } = start(["folder-size", ...SHORT]);
    while (!said().includes("folder-size 1,000: files are made")) await once(child.stdout, "data");
    child.kill("SIGINT");
    expect(await ended, said()).toBe(130);
    const curve = await written("scale-folder-size");
    expect(valuesOf(curve)).toMatchObject({
      "PROPFIND of the folder": atEach(10, 100),
      "part of a file, p99": atEach(10, 100),
    });
    expect(curve.note).toContain("Not finished: larger sizes are missing.");
    expect(said()).toMatch(/^files in the folder +10 +100$/m);
    expect(await readdir(folder)).toEqual(["curves"]);
  });

  it("ends with an error where it cannot go on, and leaves no earlier curve", { timeout: LONG }, async () => {
    await mkdir(join(folder, "curves"));
    await writeFile(join(folder, "curves", "scale-processes.json"), "{}");
    const MONGODB_URI = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100";
    const { said, ended } = start(["processes", "--to", "1", ...SHORT], { MONGODB_URI });
    expect(await ended).toBe(1);
    expect(said()).toMatch(/processes: the server under test: .*127\.0\.0\.1:1/s);
    expect(await readdir(folder)).toEqual(["curves"]);
    expect(await readdir(join(folder, "curves"))).toEqual([]);
  });

  it("says in one sentence what is wrong with the command line, and shows its flags", async () => {
    await writeFile(join(folder, "curves"), "");
    const noFolder = start(["downloads"]);
    expect(await noFolder.ended).toBe(2);
    expect(noFolder.said()).toBe(`--json: ${join(folder, "curves")} is no folder in which files can be written.\n`);
    const help = start(["--help"]);
    expect(await help.ended).toBe(0);
    expect(help.said()).toMatch(/^Usage: npm run scale -- CURVE/);
  });

  it.skipIf(process.env.MONGODB_URI === undefined)("measures processes over MongoDB", { timeout: LONG }, async () => {
    const { said, ended } = start(["processes", "--to", "2", ...SHORT]);
    expect(await ended, said()).toBe(0);
    expect(valuesOf(await written("scale-processes"))).toMatchObject({
      "share intake": atEach(1, 2),
      "token exchange": atEach(1, 2),
    });
  });
});
