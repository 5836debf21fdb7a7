import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { memoryFiles } from "./files.ts";

async function content(files: ReturnType<typeof memoryFiles>, path: string): Promise<string> {
  let text = "";
  for await (const chunk of (await files.open("u", path)).read()) text += chunk;
  return text;
}

it("Files in memory are read, written, moved and removed as those on a disk, and their tags tell what has changed", async () => {
  let now = 1_000;
  const files = memoryFiles(() => now);
  files.put("u", "/a/b/c.txt", Buffer.from("one"));
  const before = await files.stat("u", "/a/b");
  const first = await files.stat("u", "/a/b/c.txt");
  expect(first).toMatchObject({ name: "c.txt", type: "file", size: 3, modifiedAt: 1_000 });

  now = 2_000;
  const written = await files.write("u", "/a/b/c.txt", Readable.from([Buffer.from("two!")]), {
    expected: first?.etag ?? null,
  });
  expect(written.etag).not.toBe(first?.etag);
  expect((await files.stat("u", "/a/b"))?.etag).not.toBe(before?.etag);
  expect(await content(files, "/a/b/c.txt")).toBe("two!");
  const late = files.write("u", "/a/b/c.txt", Readable.from([Buffer.from("three")]), { expected: first?.etag ?? null });
  await expect(late).rejects.toMatchObject({ failure: "changed" });

  await files.mkdir("u", "/d");
  await files.move("u", "/a/b", "/d/e");
  expect(await content(files, "/d/e/c.txt")).toBe("two!");
  expect(await files.stat("u", "/a/b/c.txt")).toBeUndefined();
  await expect(files.move("u", "/d/e", "/a")).rejects.toMatchObject({ failure: "exists" });
  await expect(files.open("u", "/d")).rejects.toMatchObject({ failure: "is-a-folder" });
  await expect(files.mkdir("u", "/none/x")).rejects.toMatchObject({ failure: "not-found" });

  await files.remove("u", "/d");
  expect(await files.stat("u", "/d/e/c.txt")).toBeUndefined();
  const names: string[] = [];
  for await (const entries of files.list("u", "/")) names.push(...entries.map(({ name }) => name));
  expect(names).toEqual(["a"]);
});
