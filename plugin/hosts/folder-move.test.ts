import { rmdirSync } from "node:fs";
import { mkdir, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bytes, diskForEachTest, failure } from "./folder.test-helper.ts";
import { createChanger } from "./folder-change.ts";
import { createPathLocks } from "./folder-locks.ts";
import { placeOf } from "./folder-place.ts";

const disk = diskForEachTest();
const write = (path: string, text: string) => disk.files.write("alice", path, bytes(text));
const replace = (from: string, to: string) => disk.files.move("alice", from, to, { replace: true });

describe("a move that replaces", () => {
  it("puts a file over a file, a folder over a folder, and each over the other", async () => {
    await mkdir(join(disk.root, "folder/below"), { recursive: true });
    await mkdir(join(disk.root, "other"));
    await writeFile(join(disk.root, "folder/below/old"), "old");
    await writeFile(join(disk.root, "other/new"), "new");
    await write("/a", "a");
    await write("/b", "b");
    await replace("/a", "/b");
    expect(await disk.text("/b")).toBe("a");
    await replace("/other", "/folder");
    expect(await disk.text("/folder/new")).toBe("new");
    expect(await disk.files.stat("alice", "/folder/below")).toBeUndefined();
    await replace("/b", "/folder");
    expect(await disk.text("/folder")).toBe("a");
    await mkdir(join(disk.root, "c"));
    await replace("/c", "/folder");
    expect(await readdir(disk.root)).toEqual(["folder"]);
    expect((await stat(join(disk.root, "folder"))).isDirectory()).toBe(true);
  });

  it("is a plain move where nothing is at the destination", async () => {
    await write("/a", "a");
    await replace("/a", "/b");
    expect(await readdir(disk.root)).toEqual(["b"]);
  });

  it("keeps what is there where it cannot be done", async () => {
    await mkdir(join(disk.root, "folder/below"), { recursive: true });
    await write("/folder/below/a", "a");
    await symlink("folder", join(disk.root, "link"));
    for (const [from, to, reason] of [
      ["/folder/below", "/folder", "forbidden"],
      ["/folder/below/a", "/folder", "forbidden"],
      ["/folder", "/folder", "forbidden"],
      ["/folder", "/folder/below/b", "forbidden"],
      ["/folder", "/link", "forbidden"],
      ["/nothing", "/folder", "not-found"],
      ["/folder", "/nowhere/b", "not-found"],
      ["/folder", "/folder/below/a/b", "forbidden"],
      ["/folder/below", "/folder/below/a", "forbidden"],
    ] as const) {
      await expect(replace(from, to), `${from} to ${to}`).rejects.toEqual(failure(reason));
    }
    expect(await disk.text("/folder/below/a")).toBe("a");
    expect((await readdir(disk.root)).sort()).toEqual(["folder", "link"]);
  });

  it("puts a folder back when what should replace it goes in between", async () => {
    await mkdir(join(disk.root, "folder/below"), { recursive: true });
    await mkdir(join(disk.root, "other"));
    const changer = createChanger({
      locks: createPathLocks(),
      syncFolder: async () => undefined,
      hiddenName(folder) {
        rmdirSync(join(disk.root, "other"));
        return join(folder, ".ocm-upload-1-1");
      },
    });
    const at = (path: string) => placeOf(() => disk.root, "alice", path);
    await expect(changer.move(await at("/other"), await at("/folder"), true)).rejects.toThrow("ENOENT");
    expect(await readdir(join(disk.root, "folder"))).toEqual(["below"]);
    expect(await readdir(disk.root)).toEqual(["folder"]);
  });

  it("never shows a replaced file as absent", async () => {
    await write("/b", "b");
    let going = true;
    let absent = 0;
    const watching = (async () => {
      while (going) if ((await disk.files.stat("alice", "/b")) === undefined) absent += 1;
    })();
    for (let i = 0; i < 50; i += 1) {
      await write("/a", `${i}`);
      await replace("/a", "/b");
    }
    going = false;
    await watching;
    expect(absent).toBe(0);
  });

  it("lets many go to one place, one after the other, without a loss of both", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `/from-${i}`);
    for (const name of names) {
      await mkdir(join(disk.root, name));
      await write(`${name}/content`, name);
    }
    await Promise.all(names.map((name) => replace(name, "/to")));
    expect(names).toContain(await disk.text("/to/content"));
    expect(await readdir(disk.root)).toEqual(["to"]);
  });

  it("does not wait for itself where two move against each other", async () => {
    await write("/a", "a");
    await write("/b", "b");
    await Promise.allSettled([replace("/a", "/b"), replace("/b", "/a")]);
    expect(await readdir(disk.root)).toHaveLength(1);
  });
});
