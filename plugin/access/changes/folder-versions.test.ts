import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changed, foldersAbove, folderVersions, withVersion } from "./folder-versions.ts";
import { memoryMarks } from "./marks.test-helper.ts";

const folder = { name: "a", type: "folder", size: 0, modifiedAt: 0, etag: "host" } as const;

describe("the version of a folder", () => {
  it("moves with each change at any depth below, and with none elsewhere", async () => {
    const marks = memoryMarks();
    const deps = { tree: "files:alice", store: { marks }, system: { now: () => 1_000 } };
    await changed(deps, ["/a/b/file", "/a/c/other"]);
    const first = await folderVersions(deps, ["/", "/a", "/a/b", "/a/c", "/a/b/file", "/d"]);
    expect(Object.fromEntries(first)).toEqual({ "/": 1000, "/a": 1000, "/a/b": 1000, "/a/c": 1000 });
    await changed(deps, ["/a/b/file"]);
    const second = await folderVersions(deps, ["/", "/a", "/a/b", "/a/c"]);
    expect(Object.fromEntries(second)).toEqual({ "/": 1001, "/a": 1001, "/a/b": 1001, "/a/c": 1000 });
    expect((await folderVersions({ ...deps, tree: "files:bob" }, ["/"])).size).toBe(0);
  });

  it("is asked for in pieces that the store takes", async () => {
    const marks = memoryMarks();
    const deps = { tree: "files:alice", store: { marks }, system: { now: () => 1 } };
    const paths = Array.from({ length: 2_500 }, (_, index) => `/${index}`);
    await marks.bump(deps.tree, paths, 1);
    expect((await folderVersions(deps, paths)).size).toBe(2_500);
  });

  it("is part of a folder's entity tag, and of no file's", () => {
    expect(withVersion(folder, 36).etag).toBe("host-10");
    expect(withVersion(folder, undefined)).toBe(folder);
    const file = { ...folder, type: "file" } as const;
    expect(withVersion(file, 36)).toBe(file);
  });

  it("belongs to every folder above a path, and to the path itself where it ends in a slash", () => {
    expect(foldersAbove("/")).toEqual(["/"]);
    expect(foldersAbove("/a")).toEqual(["/"]);
    expect(foldersAbove("/a/b")).toEqual(["/", "/a"]);
    expect(foldersAbove("/a/b/")).toEqual(["/", "/a", "/a/b"]);
    const segments = fc.array(fc.stringMatching(/^[^/]{1,5}$/), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(segments, (names) => {
        const above = foldersAbove(`/${names.join("/")}`);
        expect(above).toHaveLength(names.length);
        expect(above.every((path) => path === "/" || `/${names.join("/")}`.startsWith(`${path}/`))).toBe(true);
      }),
    );
  });
});
