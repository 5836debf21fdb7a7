import { closeSync, openSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import { diskForEachTest, listed } from "./folder.test-helper.ts";

const disk = diskForEachTest();

describe("a listing", () => {
  it("of 20,000 entries comes in pieces, the first of them at once, and lets others work in between", async () => {
    const folder = join(disk.root, "large");
    await mkdir(folder);
    for (let i = 0; i < 20_000; i += 1) closeSync(openSync(`${folder}/${i}`, "w"));
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    const begun = performance.now();
    let first: number | undefined;
    const names = new Set<string>();
    for await (const piece of disk.files.list("alice", "/large")) {
      first ??= performance.now() - begun;
      expect(piece.length).toBeLessThanOrEqual(1000);
      for (const { name } of piece) names.add(name);
    }
    delays.disable();
    expect(names.size).toBe(20_000);
    expect(first).toBeLessThan(100);
    // Half of the looks are far below what would be noticed; others on the machine may delay some.
    expect(delays.percentile(50) / 1e6).toBeLessThan(10);
  }, 60_000);

  it("leaves out what goes while it is read, and can be broken off", async () => {
    for (let i = 0; i < 1000; i += 1) await writeFile(join(disk.root, `${i}`), "");
    let seen = 0;
    for await (const piece of disk.files.list("alice", "/")) {
      if (seen === 0) for (let i = 0; i < 1000; i += 1) await rm(join(disk.root, `${i}`), { force: true });
      seen += piece.length;
    }
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(1000);
    await writeFile(join(disk.root, "a"), "");
    for await (const _ of disk.files.list("alice", "/")) break;
    expect((await listed(disk.files, "/")).map(({ name }) => name)).toEqual(["a"]);
  });

  it("has the same entries that stat gives", async () => {
    await mkdir(join(disk.root, "folder"));
    for (let i = 0; i < 300; i += 1) await writeFile(join(disk.root, `${i}`), "x".repeat(i));
    for (const entry of await listed(disk.files, "/")) {
      expect(entry).toEqual(await disk.files.stat("alice", `/${entry.name}`));
    }
  });

  it("of a folder without anything in it is empty", async () => {
    expect(await listed(disk.files, "/")).toEqual([]);
  });
});
