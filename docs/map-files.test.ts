import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { mapFiles } from "./map-files.ts";

const bytes = (content: string) => Readable.from([Buffer.from(content)]);

async function filesWith(...paths: string[]) {
  const files = mapFiles(1_000);
  for (const path of paths) {
    await (path.endsWith("/") ? files.mkdir("alice", path.slice(0, -1)) : files.write("alice", path, bytes(path)));
  }
  return files;
}

async function names(files: ReturnType<typeof mapFiles>, path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const piece of files.list("alice", path)) found.push(...piece.map(({ name }) => name));
  return found.sort();
}

describe("The example of files in a Map", () => {
  it("lists what is directly in a folder", async () => {
    const files = await filesWith("/a.txt", "/sub/", "/sub/b.txt");
    expect(await names(files, "/")).toEqual(["a.txt", "sub"]);
    expect(await names(files, "/sub")).toEqual(["b.txt"]);
    await expect(names(files, "/none")).rejects.toMatchObject({ failure: "not-found" });
  });

  it("replaces only what was expected", async () => {
    const files = await filesWith("/a.txt");
    const etag = (await files.stat("alice", "/a.txt"))?.etag ?? "";
    await expect(files.write("alice", "/a.txt", bytes("x"), { expected: null })).rejects.toMatchObject({
      failure: "changed",
    });
    await files.write("alice", "/a.txt", bytes("x"), { expected: etag });
    await expect(files.write("alice", "/a.txt", bytes("y"), { expected: etag })).rejects.toMatchObject({
      failure: "changed",
    });
  });

  it("keeps the old file when the stream fails or there is no space", async () => {
    const files = await filesWith("/a.txt");
    const broken = bytes("x");
    broken.destroy(new Error("cut off"));
    await expect(files.write("alice", "/a.txt", broken)).rejects.toThrow("cut off");
    await expect(files.write("alice", "/a.txt", bytes("x".repeat(1_001)))).rejects.toMatchObject({
      failure: "no-space",
    });
    expect(await text((await files.open("alice", "/a.txt")).read())).toBe("/a.txt");
  });

  it("reads one version from an open file, whatever happens to its name", async () => {
    const files = await filesWith("/a.txt");
    const file = await files.open("alice", "/a.txt");
    await files.write("alice", "/a.txt", bytes("another"));
    await files.remove("alice", "/a.txt");
    expect(await text(file.read({ start: 1, end: 2 }))).toBe("a.");
  });

  it("moves a folder with what is in it, over something only when it is told to", async () => {
    const files = await filesWith("/from/", "/from/a.txt", "/to/", "/to/old.txt");
    await expect(files.move("alice", "/from", "/to")).rejects.toMatchObject({ failure: "exists" });
    await files.move("alice", "/from", "/to", { replace: true });
    expect(await names(files, "/")).toEqual(["to"]);
    expect(await names(files, "/to")).toEqual(["a.txt"]);
  });

  it("gives a folder another etag when something directly in it changes", async () => {
    const files = await filesWith("/sub/");
    const before = (await files.stat("alice", "/sub"))?.etag;
    await files.write("alice", "/sub/a.txt", bytes("x"));
    expect((await files.stat("alice", "/sub"))?.etag).not.toBe(before);
  });

  it("goes on with an upload under the same key", async () => {
    const files = mapFiles();
    await (await files.resume("alice", "/a.txt", "key")).append(bytes("first, "));
    const again = await files.resume("alice", "/a.txt", "key");
    expect(again.size).toBe(7);
    await again.append(bytes("second"));
    await again.finish({ expected: null });
    expect(await text((await files.open("alice", "/a.txt")).read())).toBe("first, second");
    expect((await files.resume("alice", "/a.txt", "key")).size).toBe(0);
  });
});
