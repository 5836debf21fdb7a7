import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HostEntry, HostFiles } from "../ports/host.ts";
import { folderFiles } from "./folder.ts";

let folder: string;
let root: string;
let files: HostFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "folder-files-"));
  root = join(folder, "alice");
  await mkdir(root);
  files = folderFiles((user) => join(folder, user));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const bytes = (text: string) => Readable.from([Buffer.from(text)]);
async function text(path: string, range?: { start: number; end: number }): Promise<string> {
  const file = await files.open("alice", path);
  const content = file.read(range);
  await file.close();
  return (await buffer(content)).toString();
}
const failure = (name: string) => expect.objectContaining({ name: "HostFileError", failure: name });

async function listed(path: string): Promise<HostEntry[]> {
  const entries: HostEntry[] = [];
  for await (const children of files.list("alice", path)) {
    entries.push(...children);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

describe("reading", () => {
  it("gives size, time and etag of a file, and undefined for what is not there", async () => {
    await writeFile(join(root, "a.txt"), "hello");
    const entry = await files.stat("alice", "/a.txt");
    expect(entry).toMatchObject({ name: "a.txt", type: "file", size: 5 });
    expect(Math.abs((entry?.modifiedAt ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(entry?.etag).toMatch(/^[0-9a-z-]+$/);
    expect(await files.stat("alice", "/b.txt")).toBeUndefined();
    expect(await files.stat("alice", "/a.txt/below")).toBeUndefined();
    expect(await files.stat("nobody", "/a.txt")).toBeUndefined();
    expect(await files.stat("alice", `/${"x".repeat(300)}`)).toBeUndefined();
  });

  it("names the root with an empty string", async () => {
    expect(await files.stat("alice", "/")).toMatchObject({ name: "", type: "folder", size: 0 });
  });

  it("reads a whole file, a range with both ends inclusive, and an empty file", async () => {
    await writeFile(join(root, "a.txt"), "0123456789");
    await writeFile(join(root, "empty"), "");
    expect(await text("/a.txt")).toBe("0123456789");
    expect(await text("/a.txt", { start: 2, end: 4 })).toBe("234");
    expect(await text("/a.txt", { start: 9, end: 9 })).toBe("9");
    expect(await text("/empty")).toBe("");
  });

  it("lists direct children only, over more entries than one batch", async () => {
    await mkdir(join(root, "many/below"), { recursive: true });
    await writeFile(join(root, "many/below/hidden.txt"), "x");
    await Promise.all(Array.from({ length: 150 }, (_, i) => writeFile(join(root, `many/${i}.txt`), "x")));
    const entries = await listed("/many");
    expect(entries).toHaveLength(151);
    expect(entries.find((entry) => entry.name === "below")?.type).toBe("folder");
  });

  it("keeps composed and decomposed accents apart, and odd names as they are", async () => {
    const names = ["caf\u00e9", "cafe\u0301", "100% #1?.txt", "\u{1f389} party", "a\\b", " ", "..."];
    for (const name of names) {
      await files.write("alice", `/${name}`, bytes(name));
    }
    expect((await listed("/")).map((entry) => entry.name).sort()).toEqual([...names].sort());
    for (const name of names) {
      expect(await text(`/${name}`)).toBe(name);
    }
  });

  it("says not-found, not-a-folder and is-a-folder", async () => {
    await writeFile(join(root, "a.txt"), "hello");
    await expect(text("/b.txt")).rejects.toEqual(failure("not-found"));
    await expect(text("/a.txt/b")).rejects.toEqual(failure("not-a-folder"));
    await expect(text("/")).rejects.toEqual(failure("is-a-folder"));
    await expect(listed("/a.txt")).rejects.toEqual(failure("not-a-folder"));
    await expect(listed("/nowhere")).rejects.toEqual(failure("not-found"));
  });
});

describe("writing", () => {
  it("creates and replaces a file with exactly the bytes of the stream", async () => {
    const content = Buffer.alloc(3_000_000, "abc");
    const chunks = Array.from({ length: 30 }, (_, i) => content.subarray(i * 100_000, (i + 1) * 100_000));
    const entry = await files.write("alice", "/big", Readable.from(chunks));
    expect(entry).toEqual(await files.stat("alice", "/big"));
    const hash = (data: Buffer) => createHash("sha256").update(data).digest("hex");
    expect(hash(await readFile(join(root, "big")))).toBe(hash(content));
    await files.write("alice", "/big", bytes("short"));
    expect(await text("/big")).toBe("short");
  });

  it("leaves the old content and nothing else when the stream fails", async () => {
    await files.write("alice", "/a.txt", bytes("old"));
    const failing = Readable.from(
      (async function* () {
        yield Buffer.from("half of the new");
        throw new Error("the sender went away");
      })(),
    );
    await expect(files.write("alice", "/a.txt", failing)).rejects.toThrow("the sender went away");
    expect(await text("/a.txt")).toBe("old");
    expect(await readdir(root)).toEqual(["a.txt"]);
  });

  it("does not show an upload that is under way, and cannot be asked for it", async () => {
    const slow = new Readable({ read() {} });
    const writing = files.write("alice", "/a.txt", slow);
    slow.push("first part");
    let onDisk: string[] = [];
    for (const end = Date.now() + 5000; onDisk.length === 0 && Date.now() < end; onDisk = await readdir(root)) {
      await delay(5);
    }
    expect(onDisk).toHaveLength(1);
    expect(await listed("/")).toEqual([]);
    expect(await files.stat("alice", `/${onDisk[0]}`)).toBeUndefined();
    await expect(text(`/${onDisk[0]}`)).rejects.toEqual(failure("bad-name"));
    slow.push(null);
    await writing;
    expect(await readdir(root)).toEqual(["a.txt"]);
  });

  it("gives a reader the old content while the file is replaced", async () => {
    await files.write("alice", "/a", bytes("x".repeat(1_000_000)));
    const file = await files.open("alice", "/a");
    const reading = file.read();
    await file.close();
    await files.write("alice", "/a", bytes("y"));
    expect((await buffer(reading)).toString()).toBe("x".repeat(1_000_000));
  });

  it("changes the etag with each of a hundred quick writes of the same size", async () => {
    const etags = new Set<string>();
    const times: number[] = [];
    for (let i = 0; i < 100; i += 1) {
      const entry = await files.write("alice", "/a", bytes("x"));
      etags.add(entry.etag);
      times.push(entry.modifiedAt);
    }
    expect(etags.size).toBe(100);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  });

  it("changes the etag when another program changes the content and sets the time back", async () => {
    const before = await files.write("alice", "/a", bytes("one"));
    const { atime, mtime } = await stat(join(root, "a"));
    await delay(20);
    await writeFile(join(root, "a"), "two");
    await utimes(join(root, "a"), atime, mtime);
    expect((await files.stat("alice", "/a"))?.etag).not.toBe(before.etag);
  });

  it("changes a folder's etag when a child comes or goes", async () => {
    await files.mkdir("alice", "/d");
    const etag = async () => (await files.stat("alice", "/d"))?.etag;
    const first = await etag();
    await delay(20);
    await files.write("alice", "/d/a", bytes("x"));
    const second = await etag();
    expect(second).not.toBe(first);
    await delay(20);
    await files.remove("alice", "/d/a");
    expect(await etag()).not.toBe(second);
  });

  it("keeps the permission bits of a replaced file", async () => {
    await writeFile(join(root, "secret"), "old", { mode: 0o600 });
    await files.write("alice", "/secret", bytes("new"));
    expect((await stat(join(root, "secret"))).mode & 0o777).toBe(0o600);
  });

  it("makes folders, and says exists and not-found", async () => {
    await files.mkdir("alice", "/d");
    await expect(files.mkdir("alice", "/d")).rejects.toEqual(failure("exists"));
    await expect(files.mkdir("alice", "/no/d")).rejects.toEqual(failure("not-found"));
    await expect(files.write("alice", "/no/a", bytes("x"))).rejects.toEqual(failure("not-found"));
    await expect(files.write("alice", "/d", bytes("x"))).rejects.toEqual(failure("is-a-folder"));
    await expect(files.write("alice", `/${"x".repeat(300)}`, bytes("x"))).rejects.toEqual(failure("bad-name"));
  });

  it("moves files and folders, and refuses to replace or to move into itself", async () => {
    await files.mkdir("alice", "/d");
    await files.write("alice", "/d/a", bytes("a"));
    await files.write("alice", "/b", bytes("b"));
    await files.move("alice", "/d", "/e");
    expect(await text("/e/a")).toBe("a");
    await expect(files.move("alice", "/b", "/e/a")).rejects.toEqual(failure("exists"));
    await expect(files.move("alice", "/b", "/b")).rejects.toEqual(failure("exists"));
    await expect(files.move("alice", "/e", "/e/f")).rejects.toEqual(failure("forbidden"));
    await expect(files.move("alice", "/", "/e/f")).rejects.toEqual(failure("forbidden"));
    await expect(files.move("alice", "/gone", "/x")).rejects.toEqual(failure("not-found"));
    expect(await text("/b")).toBe("b");
  });

  it("removes files and whole folders, but never the root", async () => {
    await files.mkdir("alice", "/d");
    await files.write("alice", "/d/a", bytes("a"));
    await files.remove("alice", "/d");
    expect(await listed("/")).toEqual([]);
    await expect(files.remove("alice", "/d")).rejects.toEqual(failure("not-found"));
    await expect(files.remove("alice", "/")).rejects.toEqual(failure("forbidden"));
  });
});

describe("staying inside", () => {
  beforeEach(async () => {
    await mkdir(join(folder, "outside"));
    await writeFile(join(folder, "outside/secret.txt"), "secret");
    await symlink("../outside", join(root, "link"));
    await symlink("../outside/secret.txt", join(root, "file-link"));
  });

  it("treats links to files and folders as absent", async () => {
    for (const path of ["/link", "/link/secret.txt", "/file-link"]) {
      expect(await files.stat("alice", path)).toBeUndefined();
      await expect(text(path)).rejects.toEqual(failure("not-found"));
      await expect(files.move("alice", path, "/stolen")).rejects.toEqual(failure("not-found"));
      await expect(files.remove("alice", path)).rejects.toEqual(failure("not-found"));
    }
    expect(await listed("/")).toEqual([]);
    await expect(listed("/link")).rejects.toEqual(failure("not-found"));
  });

  it("does not write through or over a link", async () => {
    await expect(files.write("alice", "/link/new.txt", bytes("x"))).rejects.toEqual(failure("not-found"));
    await expect(files.mkdir("alice", "/link/new")).rejects.toEqual(failure("not-found"));
    await expect(files.write("alice", "/file-link", bytes("x"))).rejects.toEqual(failure("forbidden"));
    await files.write("alice", "/a", bytes("a"));
    await expect(files.move("alice", "/a", "/link/a")).rejects.toEqual(failure("not-found"));
    expect(await readdir(join(folder, "outside"))).toEqual(["secret.txt"]);
    expect(await readFile(join(folder, "outside/secret.txt"), "utf8")).toBe("secret");
  });

  it("does not follow links when it removes a folder", async () => {
    await files.mkdir("alice", "/d");
    await symlink("../../outside", join(root, "d/link"));
    await files.remove("alice", "/d");
    expect(await readdir(join(folder, "outside"))).toEqual(["secret.txt"]);
  });

  it("works where the root itself is reached by a link", async () => {
    await symlink("alice", join(folder, "alias"));
    const aliased = folderFiles(() => join(folder, "alias"));
    await aliased.write("alice", "/a", bytes("a"));
    expect(await text("/a")).toBe("a");
  });

  it("treats a socket as absent", async () => {
    const server: Server = createServer().listen(join(root, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      expect(await files.stat("alice", "/socket")).toBeUndefined();
      await expect(text("/socket")).rejects.toEqual(failure("not-found"));
    } finally {
      server.close();
    }
  });

  it("refuses every path that is not plain, and never touches anything outside", async () => {
    const segment = fc.oneof(
      fc.constantFrom("..", ".", "", "a\0b", "\ud800", ".ocm-upload-1-1"),
      fc.string({ unit: "binary", maxLength: 5 }),
      fc.constantFrom("%2e%2e", "..%2f", "link"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { minLength: 1, maxLength: 4 }), async (segments) => {
        const path = `/${segments.join("/")}`;
        const plain = path.slice(1).split("/");
        const bad = plain.some((part) => ["", ".", ".."].includes(part) || part.includes("\0") || !part.isWellFormed());
        const result = await files.write("alice", path, bytes("x")).then(
          () => "written",
          (error) => error.failure,
        );
        if (bad) {
          expect(path === "/" ? "bad-name" : result).toBe("bad-name");
        } else {
          expect(["written", "not-found", "not-a-folder", "is-a-folder", "bad-name", "forbidden"]).toContain(result);
        }
        expect((await readdir(folder)).sort()).toEqual(["alice", "outside"]);
        expect(await readdir(join(folder, "outside"))).toEqual(["secret.txt"]);
      }),
      { numRuns: 200 },
    );
  });
});
