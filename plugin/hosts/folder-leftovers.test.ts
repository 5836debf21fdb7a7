import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLeftovers } from "./folder-leftovers.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leftovers-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A file that would be made after so many days. */
async function madeAfter(days: number) {
  const stats = await stat(folder, { bigint: true });
  stats.ctimeNs += BigInt(days) * 86_400_000_000_000n;
  return stats;
}

describe("what a killed process left behind", () => {
  it("is removed once it is older than a week, files and folders that were met only", async () => {
    await writeFile(join(folder, "upload"), "half");
    await mkdir(join(folder, "replaced/below"), { recursive: true });
    await writeFile(join(folder, "not met"), "");
    const leftovers = createLeftovers();
    const meet = () => ["upload", "replaced", "gone"].map((name) => leftovers.met(join(folder, name)));
    meet();
    await leftovers.sweep(await madeAfter(6));
    expect(await readdir(folder)).toHaveLength(3);
    await leftovers.sweep(await madeAfter(8));
    expect(await readdir(folder)).toHaveLength(3);
    meet();
    await leftovers.sweep(await madeAfter(8));
    expect(await readdir(folder)).toEqual(["not met"]);
  });

  it("is remembered up to a hundred at a time", async () => {
    const leftovers = createLeftovers();
    for (let i = 0; i < 150; i += 1) {
      await writeFile(join(folder, `${i}`), "");
      leftovers.met(join(folder, `${i}`));
    }
    await leftovers.sweep(await madeAfter(8));
    expect(await readdir(folder)).toHaveLength(50);
  });
});
