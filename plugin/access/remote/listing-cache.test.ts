import { describe, expect, it } from "vitest";
import type { RemoteEntry } from "../../api.ts";
import { createListingCache, type Known, type KnownListing } from "./listing-cache.ts";

function entry(path: string, type: "file" | "folder" = "file"): RemoteEntry {
  return {
    name: path.slice(path.lastIndexOf("/") + 1),
    path,
    type,
    size: null,
    modifiedAt: null,
    etag: null,
    mediaType: null,
  };
}

function listing(path: string, names: string[], at = 0): KnownListing {
  const children = new Map(names.map((name) => [name, entry(path === "" ? name : `${path}/${name}`)]));
  return { entry: entry(path, "folder"), children, at, toldAt: at, changed: false };
}

const single = (path: string, at: number): Known => ({ entry: entry(path), at, toldAt: at, changed: false });

describe("the cache of listings", () => {
  it("gives back what was kept, for its share and path alone", () => {
    const cache = createListingCache();
    cache.keep("s", "a", listing("a", ["x"]));
    expect(cache.listing("s", "a")?.children?.has("x")).toBe(true);
    expect(cache.listing("t", "a")).toBeUndefined();
    expect(cache.listing("s", "")).toBeUndefined();
    expect(cache.listing("s", "a/x")).toBeUndefined();
  });

  it("knows an entry from its folder, from itself, and takes what is newest", () => {
    const cache = createListingCache();
    cache.keep("s", "a", listing("a", ["x"], 10));
    expect(cache.listed("s", "a/x")).toMatchObject({ at: 10, entry: { path: "a/x" }, children: undefined });
    expect(cache.listed("s", "a/y")).toBeUndefined();
    cache.keep("s", "a/x", single("a/x", 20));
    expect(cache.entry("s", "a/x")?.at).toBe(20);
    expect(cache.listed("s", "a/x")?.at).toBe(10);
    cache.keep("s", "a", listing("a", ["x"], 30));
    expect(cache.entry("s", "a/x")?.at).toBe(30);
    expect(cache.entry("s", "a")?.at).toBe(30);
  });

  it("lets go of what was not used for longest beyond its number", () => {
    const cache = createListingCache({ entries: 3, bytes: 1_000_000 });
    for (const path of ["a", "b", "c"]) cache.keep("s", path, listing(path, []));
    cache.listing("s", "a");
    cache.keep("t", "d", listing("d", []));
    expect(cache.size).toBe(3);
    expect(cache.listing("s", "b")).toBeUndefined();
    expect(cache.listing("s", "a")).toBeDefined();
  });

  it("lets go of what was not used for longest beyond its bytes, and keeps no listing that would push out most", () => {
    const names = Array.from({ length: 100 }, (_, index) => `file ${index}`);
    const cache = createListingCache({ entries: 1_000, bytes: 200_000 });
    for (let index = 0; index < 50; index += 1) cache.keep("s", `${index}`, listing(`${index}`, names));
    expect(cache.bytes).toBeLessThanOrEqual(200_000);
    expect(cache.size).toBeGreaterThan(3);
    expect(cache.listing("s", "49")).toBeDefined();
    expect(cache.listing("s", "0")).toBeUndefined();
    const { size } = cache;
    cache.keep("s", "49", listing("49", [...names, ...names.map((name) => `${name}2`)]));
    expect(cache.listing("s", "49")).toBeUndefined();
    expect(cache.size).toBe(size - 1);
  });

  it("counts nothing twice, and nothing that is gone", () => {
    const cache = createListingCache();
    for (let index = 0; index < 5; index += 1) cache.keep("s", "a", listing("a", ["x", "y"]));
    cache.keep("s", "b", single("b", 0));
    cache.keep("t", "", listing("", ["x"]));
    cache.forget("s");
    expect(cache.listing("t", "")).toBeDefined();
    cache.forget("t");
    expect([cache.bytes, cache.size]).toEqual([0, 0]);
  });

  it("drops what was written and all below it, and marks the folders above as changed", () => {
    const cache = createListingCache();
    for (const path of ["", "a", "a/b", "a/b/c", "a/bc", "d"]) cache.keep("s", path, listing(path, []));
    cache.keep("s", "a", single("a", 0));
    cache.keep("t", "a/b", listing("a/b", []));
    cache.written("s", "a/b");
    expect(cache.listing("s", "a/b")).toBeUndefined();
    expect(cache.listing("s", "a/b/c")).toBeUndefined();
    expect(cache.listing("s", "")?.changed).toBe(true);
    expect(cache.entry("s", "a")?.changed).toBe(true);
    expect(cache.listing("s", "a/bc")?.changed).toBe(false);
    expect(cache.listing("s", "d")?.changed).toBe(false);
    expect(cache.listing("t", "a/b")).toBeDefined();
  });
});
