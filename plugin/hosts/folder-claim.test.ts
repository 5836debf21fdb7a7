import { readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { diskForEachTest } from "./folder.test-helper.ts";
import { folderFiles } from "./folder.ts";

const disk = diskForEachTest();

/** Each has locks of its own, as processes have that serve one folder. */
const processes = (count: number) => Array.from({ length: count }, () => folderFiles(() => disk.root));

/** How writes that all expect the same came out. */
async function race(
  count: number,
  expected: string | null,
  path = "/a",
): Promise<{ written: number; refused: number }> {
  const outcomes = await Promise.all(
    processes(count).map((files, index) =>
      files.write("alice", path, Readable.from([`content ${index}`]), { expected }).then(
        () => "written",
        (error) => error.failure ?? String(error),
      ),
    ),
  );
  const written = outcomes.filter((outcome) => outcome === "written").length;
  expect(outcomes.filter((outcome) => outcome !== "written")).toEqual(Array(count - written).fill("changed"));
  return { written, refused: count - written };
}

/** Names of hidden files that are there while a write waits for its turn. */
async function claimsDuring(write: Promise<unknown>): Promise<string[]> {
  const seen = new Set<string>();
  let over = false;
  const ending = write
    .catch(() => {})
    .then(() => {
      over = true;
    });
  while (!over) for (const name of await readdir(disk.root)) if (name.includes("claim")) seen.add(name);
  await ending;
  return [...seen];
}

describe("several processes with one folder", () => {
  it("let one of all win that expect the same version of a file, a hundred times", async () => {
    await writeFile(join(disk.root, "a"), "first");
    for (let round = 0; round < 100; round += 1) {
      const etag = (await disk.files.stat("alice", "/a"))?.etag ?? "";
      expect(await race(4, etag)).toEqual({ written: 1, refused: 3 });
      expect((await disk.files.stat("alice", "/a"))?.etag).not.toBe(etag);
    }
    expect(await readdir(disk.root)).toEqual(["a"]);
  }, 60_000);

  it("let one of all make a file that expect none, a hundred times", async () => {
    for (let round = 0; round < 100; round += 1) {
      expect(await race(4, null)).toEqual({ written: 1, refused: 3 });
      await disk.files.remove("alice", "/a");
    }
    expect(await readdir(disk.root)).toEqual([]);
  }, 60_000);

  it("are not held up by what a killed one has left, after half a minute", async () => {
    await writeFile(join(disk.root, "a"), "first");
    const etag = (await disk.files.stat("alice", "/a"))?.etag ?? "";
    let claims: string[] = [];
    // A claim is there for less than a millisecond, so it may take some attempts to see one.
    for (let attempt = 0; claims.length === 0 && attempt < 500; attempt += 1) {
      await rm(join(disk.root, "b"), { force: true });
      claims = await claimsDuring(disk.files.write("alice", "/b", Readable.from(["b"]), { expected: null }));
    }
    const [claim = ""] = claims;
    await rm(join(disk.root, "b"));
    const left = join(disk.root, claim);
    await writeFile(left, "");
    expect(await race(4, null, "/b")).toEqual({ written: 0, refused: 4 });
    expect(await disk.files.write("alice", "/a", Readable.from(["other"]), { expected: etag })).toBeDefined();
    const longAgo = Date.now() / 1000 - 31;
    await utimes(left, longAgo, longAgo);
    expect(await race(2, null, "/b")).toEqual({ written: 1, refused: 1 });
    expect((await readdir(disk.root)).sort()).toEqual(["a", "b"]);
  });

  it("write without a condition whatever another one is about to do", async () => {
    await writeFile(join(disk.root, "a"), "first");
    const etag = (await disk.files.stat("alice", "/a"))?.etag ?? "";
    const plain = processes(3).map((files) => files.write("alice", "/a", Readable.from(["plain"])));
    const conditional = race(3, etag);
    expect(await Promise.all(plain)).toHaveLength(3);
    expect((await conditional).written).toBeLessThanOrEqual(1);
    expect(await readdir(disk.root)).toEqual(["a"]);
  });
});
