import { mkdir, readdir, readFile, rename, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HostEntry } from "../ports/host.ts";
import { bytes, diskForEachTest, failure, listed } from "./folder.test-helper.ts";

const disk = diskForEachTest();
const write = (path: string, text: string, options?: { expected?: string | null; modifiedAt?: number }) =>
  disk.files.write("alice", path, bytes(text), options);

/** A stream that ends when it is told to. */
function held(text: string) {
  const stream = new Readable({ read() {} });
  stream.push(text);
  return { stream, end: () => stream.push(null) };
}

describe("what is expected", () => {
  it("is compared when the content is complete, and nothing is changed where it is not there", async () => {
    const first = await write("/a", "one", { expected: null });
    const { stream, end } = held("two");
    const late = disk.files.write("alice", "/a", stream, { expected: first.etag });
    await delay(20);
    const second = await write("/a", "between", { expected: first.etag });
    end();
    await expect(late).rejects.toEqual(failure("changed"));
    await expect(write("/a", "x", { expected: null })).rejects.toEqual(failure("changed"));
    await expect(write("/b", "x", { expected: second.etag })).rejects.toEqual(failure("changed"));
    expect(await disk.text("/a")).toBe("between");
    expect(await readdir(disk.root)).toEqual(["a"]);
  });

  it("lets exactly one of many writers through", async () => {
    let present: string | null = null;
    for (let round = 0; round < 5; round += 1) {
      const through: HostEntry[] = [];
      const tryIt = async (text: string, expected: string | null) => {
        try {
          through.push(await write("/a", text, { expected }));
        } catch (error) {
          expect(error).toEqual(failure("changed"));
        }
      };
      const expected = present;
      await Promise.all(Array.from({ length: 20 }, (_, i) => tryIt(`${round} ${i}`, expected)));
      expect(through).toEqual([await disk.files.stat("alice", "/a")]);
      present = through[0]?.etag ?? null;
    }
  });

  it("holds for any order of writes, moves and removals", async () => {
    const names = ["/a", "/b"] as const;
    const step = fc.record({
      what: fc.constantFrom("write", "stale", "move", "remove", "touch"),
      name: fc.constantFrom(...names),
      text: fc.string({ maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const model = new Map<string, { etag: string; text: string }>();
        for (const name of names) await disk.files.remove("alice", name).catch(() => undefined);
        const seen = new Set<string>();
        for (const { what, name, text } of steps) {
          const known = model.get(name);
          const other = name === "/a" ? "/b" : "/a";
          if (what === "write") {
            const { etag } = await write(name, text, { expected: known?.etag ?? null });
            expect(seen).not.toContain(etag);
            seen.add(etag);
            model.set(name, { etag, text });
          } else if (what === "stale") {
            await expect(write(name, text, { expected: "stale" })).rejects.toEqual(failure("changed"));
          } else if (known !== undefined && what === "move") {
            await disk.files.move("alice", name, other, { replace: true });
            model.delete(name);
            model.set(other, { text: known.text, etag: (await disk.files.stat("alice", other))?.etag ?? "" });
          } else if (known !== undefined && what === "touch") {
            const { etag } = await disk.files.touch("alice", name, 1_700_000_000_000);
            model.set(name, { ...known, etag });
          } else if (known !== undefined) {
            await disk.files.remove("alice", name);
            model.delete(name);
          }
          for (const each of names) {
            const there = model.get(each);
            expect((await disk.files.stat("alice", each))?.etag).toBe(there?.etag);
            if (there !== undefined) expect(await disk.text(each)).toBe(there.text);
          }
        }
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});

describe("times", () => {
  it("come out as they went in, for files that are written and files and folders that are touched", async () => {
    await mkdir(join(disk.root, "folder"));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 4_102_444_800_000 }), async (modifiedAt) => {
        expect(await write("/a", "x", { modifiedAt })).toMatchObject({ modifiedAt });
        for (const path of ["/a", "/folder", "/"]) {
          const touched = await disk.files.touch("alice", path, modifiedAt);
          expect(touched).toMatchObject({ modifiedAt });
          expect(await disk.files.stat("alice", path)).toEqual(touched);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("that are the same for many versions still leave each its own etag", async () => {
    const etags = new Set<string>();
    for (let i = 0; i < 50; i += 1) etags.add((await write("/a", "x", { modifiedAt: 1_000 })).etag);
    expect(etags.size).toBe(50);
  });

  it("before 1970 become its beginning", async () => {
    expect(await write("/a", "x", { modifiedAt: -5 })).toMatchObject({ modifiedAt: 0 });
  });

  it("are not touched through a link, nor where nothing is", async () => {
    await writeFile(join(disk.root, "..", "outside"), "x");
    const before = (await stat(join(disk.root, "..", "outside"))).mtimeMs;
    await symlink("../outside", join(disk.root, "link"));
    for (const path of ["/link", "/nothing"]) {
      await expect(disk.files.touch("alice", path, 0)).rejects.toEqual(failure("not-found"));
    }
    expect((await stat(join(disk.root, "..", "outside"))).mtimeMs).toBe(before);
  });
});

describe("the quota", () => {
  it("is what the disk has left where the host keeps no account", async () => {
    const quota = await disk.files.quota("alice", "/");
    expect(quota?.available).toBeGreaterThan(0);
    expect(quota?.used).toBeUndefined();
    expect(await disk.files.quota("alice", "/nothing")).toBeUndefined();
    expect(await disk.files.quota("nobody", "/")).toBeUndefined();
  });

  it("is the host's own where there is less left, and is kept while a file is written", async () => {
    await write("/a", "12345");
    disk.open({ quota: async () => ({ available: 3, used: 5 }) });
    expect(await disk.files.quota("alice", "/a")).toEqual({ available: 3, used: 5 });
    await expect(write("/b", "1234")).rejects.toEqual(failure("no-space"));
    // What is replaced makes room.
    await expect(write("/a", "123456789")).rejects.toEqual(failure("no-space"));
    expect(await disk.text("/a")).toBe("12345");
    await write("/a", "12345678");
    await write("/b", "123");
    expect((await readdir(disk.root)).sort()).toEqual(["a", "b"]);
  });

  it("that is overdrawn is none", async () => {
    disk.open({ quota: async () => ({ available: -10 }) });
    expect(await disk.files.quota("alice", "/")).toEqual({ available: 0 });
    await expect(write("/a", "1")).rejects.toEqual(failure("no-space"));
  });
});

describe("what killed processes leave behind", () => {
  /** A hidden file that looks as old as that: the clock of the disk cannot be set, but the file can be a week old for it. */
  const old = new Date(Date.now() - 8 * 24 * 3600 * 1000);

  it("is not listed, cannot be asked for in any capitals, and stays while it may be in use", async () => {
    for (const name of [".ocm-upload-1-1", ".OCM-Upload-x"]) {
      await writeFile(join(disk.root, name), "half");
      await utimes(join(disk.root, name), old, old);
      expect(await disk.files.stat("alice", `/${name}`)).toBeUndefined();
      await expect(write(`/${name}`, "x")).rejects.toEqual(failure("bad-name"));
    }
    expect(await listed(disk.files, "/")).toEqual([]);
    await write("/a", "x");
    await delay(50);
    expect((await readdir(disk.root)).length).toBe(3);
  });
});

describe("an upload", () => {
  it("fails with not-found when its folder goes while it is sent, and leaves nothing", async () => {
    await mkdir(join(disk.root, "folder"));
    const { stream, end } = held("x");
    const writing = disk.files.write("alice", "/folder/a", stream);
    await delay(20);
    await rename(join(disk.root, "folder"), join(disk.root, "elsewhere"));
    end();
    await expect(writing).rejects.toEqual(failure("not-found"));
    expect(await listed(disk.files, "/elsewhere")).toEqual([]);
  });

  it("does not go through a link that took its folder's place while it was sent", async () => {
    await mkdir(join(disk.root, "folder"));
    await mkdir(join(disk.root, "..", "outside"));
    const { stream, end } = held("x");
    const writing = disk.files.write("alice", "/folder/a", stream);
    await delay(20);
    await rename(join(disk.root, "folder"), join(disk.root, "elsewhere"));
    await symlink("../outside", join(disk.root, "folder"));
    end();
    await expect(writing).rejects.toEqual(failure("not-found"));
    expect(await readdir(join(disk.root, "..", "outside"))).toEqual([]);
  });

  it("is the bytes of the stream, however they are divided", async () => {
    const chunks = Array.from({ length: 150 }, (_, i) => Buffer.alloc(1 + ((i * 7919) % 70_000), i));
    await disk.files.write("alice", "/a", Readable.from(chunks));
    expect((await readFile(join(disk.root, "a"))).equals(Buffer.concat(chunks))).toBe(true);
  });
});
