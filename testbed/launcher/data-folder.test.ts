import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cast } from "./cast.ts";
import { dataFolder, makeFolder } from "./data-folder.ts";
import { startFederation } from "./federation.ts";
import { BadFlags } from "./words.ts";

const START = fileURLToPath(new URL("../start.ts", import.meta.url));
const isLinux = process.platform === "linux";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "data-folder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What `npm start` says of a folder for its data, and the code with which it ends. */
function start(data: string, environment: Record<string, string> = {}) {
  const words = data === "" ? [] : ["--data", data];
  const { status, stdout, stderr } = spawnSync(process.execPath, [START, "--port", "15900", ...words], {
    encoding: "utf8",
    timeout: 15_000,
    killSignal: "SIGKILL",
    env: { ...process.env, ...environment },
  });
  return { status, stdout, stderr };
}

const refused = (stderr: RegExp) => ({ status: 2, stdout: "", stderr: expect.stringMatching(stderr) });

describe("npm start, told where to keep its data,", () => {
  it.runIf(isLinux)("says in one line that a place takes no folders", () => {
    expect(start("/proc/x/y")).toEqual(refused(/^--data: \/proc\/x cannot be made: .*\n$/));
  });

  it.runIf(isLinux)("says in one line that a folder takes no files", () => {
    expect(start("/proc")).toEqual(refused(/^--data: \/proc cannot be written: .*\n$/));
  });

  it("says in one line that it is a file, or lies below one", async () => {
    await writeFile(join(folder, "file"), "");
    const isFile = refused(/^--data: .*[/\\]file is a file; a folder is needed\.\n$/);
    expect(start(join(folder, "file"))).toEqual(isFile);
    expect(start(join(folder, "file/below/it"))).toEqual(isFile);
  });

  it("says in one line that the folder for temporary files is not there", () => {
    const gone = join(folder, "gone");
    expect(start("", { TMPDIR: gone, TEMP: gone, TMP: gone })).toEqual(refused(/temporary files.*cannot be used.*\n$/));
  });
});

describe("a folder for data", () => {
  it("is made with those above it, and left empty", async () => {
    const data = join(folder, "a/b/c");
    expect(await dataFolder(data)).toBe(data);
    expect(await dataFolder(data)).toBe(data);
    expect(await readdir(data)).toEqual([]);
  });

  it("has to have room", async () => {
    const full = dataFolder(join(folder, "a"), Number.MAX_SAFE_INTEGER);
    await expect(full).rejects.toBeInstanceOf(BadFlags);
    await expect(full).rejects.toThrow(/^There is no space: .* has \d+ MiB left, and this needs \d+ MiB\.$/);
  });

  it("is a new one where none is named, and has to have room too", async () => {
    const [one, other] = [await dataFolder(undefined), await dataFolder(undefined)];
    expect(one).not.toBe(other);
    for (const made of [one, other]) await rm(made, { recursive: true });
    await expect(dataFolder(undefined, Number.MAX_SAFE_INTEGER)).rejects.toThrow(/^There is no space/);
  });

  it.runIf(process.getuid?.() !== 0)("has to be writable", async () => {
    await chmod(folder, 0o555);
    await expect(dataFolder(folder)).rejects.toThrow(/cannot be written: /);
    await expect(dataFolder(join(folder, "a"))).rejects.toThrow(/cannot be made: /);
    await chmod(folder, 0o755);
  });

  it("of one server may not be a file", async () => {
    await writeFile(join(folder, "alpha"), "");
    await expect(startFederation(cast(2, 15_900), folder)).rejects.toThrow(/alpha is a file; a folder is needed\.$/);
    await expect(startFederation(cast(2, 15_900), folder)).rejects.toBeInstanceOf(BadFlags);
  });

  it("may be made by two at once", async () => {
    const data = join(folder, "a/b");
    await Promise.all([makeFolder(data), makeFolder(data), mkdir(join(folder, "a")).catch(() => undefined)]);
    expect(await readdir(join(folder, "a"))).toEqual(["b"]);
  });
});
