import assert from "node:assert/strict";
import type { FolderMark } from "../../ports/records.ts";
import type { FolderMarks } from "../../ports/store.ts";
import type { StoreTest } from "./harness.ts";
import { AWKWARD, NOW } from "./samples.ts";

const TREE = "files:alice";

async function markOf(marks: FolderMarks, path: string, tree = TREE): Promise<FolderMark | undefined> {
  const [mark, ...others] = await marks.of(tree, [path]);
  assert.deepEqual(others, []);
  return mark;
}

const versionOf = async (marks: FolderMarks, path: string) => (await markOf(marks, path))?.version;

export function marksContract(it: StoreTest): void {
  it("raises the version of each folder to the time, or by one where it is further", async ({ marks }) => {
    const tree = `remote:${AWKWARD}`;
    await marks.bump(tree, ["/", "/$a.b", `/${AWKWARD}`], NOW);
    for (const path of ["/", "/$a.b", `/${AWKWARD}`]) {
      assert.deepEqual(await markOf(marks, path, tree), { tree, path, version: NOW, digest: null, sweptAt: null });
    }
    await marks.bump(TREE, ["/a"], NOW);
    await marks.bump(TREE, ["/a", "/"], NOW);
    assert.equal(await versionOf(marks, "/a"), NOW + 1);
    assert.equal(await versionOf(marks, "/"), NOW);
    await marks.bump(TREE, ["/a"], NOW - 1000);
    assert.equal(await versionOf(marks, "/a"), NOW + 2);
    await marks.bump(TREE, ["/a"], NOW + 1000);
    assert.equal(await versionOf(marks, "/a"), NOW + 1000);
    assert.equal((await markOf(marks, "/", tree))?.version, NOW);
    await marks.bump(TREE, [], NOW + 2000);
  });

  it("loses none of many changes at once", async ({ marks }) => {
    await Promise.all(Array.from({ length: 60 }, (_, n) => marks.bump(TREE, ["/", "/a", `/a/${n % 3}`], NOW)));
    assert.deepEqual(await Promise.all(["/", "/a", "/a/0", "/a/1", "/a/2"].map((path) => versionOf(marks, path))), [
      NOW + 59,
      NOW + 59,
      NOW + 19,
      NOW + 19,
      NOW + 19,
    ]);
  });

  it("remembers what a sweep saw, and leaves the version as it is", async ({ marks }) => {
    const place = { tree: TREE, path: "/a" };
    await marks.saw(TREE, "/a", "digest 1", NOW);
    assert.deepEqual(await markOf(marks, "/a"), { ...place, version: NOW, digest: "digest 1", sweptAt: NOW });
    await marks.saw(TREE, "/a", "digest 2", NOW + 5);
    assert.deepEqual(await markOf(marks, "/a"), { ...place, version: NOW, digest: "digest 2", sweptAt: NOW + 5 });
    await marks.bump(TREE, ["/a"], NOW + 7);
    assert.deepEqual(await markOf(marks, "/a"), { ...place, version: NOW + 7, digest: "digest 2", sweptAt: NOW + 5 });
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => [
        marks.bump(TREE, ["/a", "/new"], NOW),
        marks.saw(TREE, "/a", `digest ${n}`, NOW + n),
        marks.saw(TREE, "/new", "same", NOW),
      ]).flat(),
    );
    assert.equal(await versionOf(marks, "/a"), NOW + 27);
    const made = await markOf(marks, "/new");
    assert.deepEqual({ ...made, version: 0 }, { tree: TREE, path: "/new", version: 0, digest: "same", sweptAt: NOW });
    // It was made by the first bump, or by a sweep before that.
    assert(made?.version === NOW + 19 || made?.version === NOW + 20);
  });

  it("remembers what a look saw only where it still is what the look began with", async ({ marks }) => {
    const digestOf = async (path: string) => (await markOf(marks, path))?.digest;
    assert.equal(await marks.saw(TREE, "/a", "1", NOW, null), true);
    assert.equal(await marks.saw(TREE, "/a", "2", NOW + 1, null), false);
    assert.equal(await marks.saw(TREE, "/a", "2", NOW + 1, "0"), false);
    assert.deepEqual(await markOf(marks, "/a"), { tree: TREE, path: "/a", version: NOW, digest: "1", sweptAt: NOW });
    assert.equal(await marks.saw(TREE, "/a", "2", NOW + 1, "1"), true);
    assert.equal(await marks.saw(TREE, "/a", "3", NOW + 2), true);
    assert.equal(await digestOf("/a"), "3");
    await marks.bump(TREE, ["/b"], NOW);
    assert.equal(await marks.saw(TREE, "/b", "1", NOW, null), true);
    // Gone in between: there is nothing that somebody else has seen.
    await marks.remove(TREE, "/b");
    assert.equal(await marks.saw(TREE, "/b", "2", NOW, "1"), true);
    for (const path of ["/a", "/b", "/new"]) {
      const before = (await digestOf(path)) ?? null;
      const looks = Array.from({ length: 20 }, (_, n) => marks.saw(TREE, path, `look ${n}`, NOW, before));
      const won = (await Promise.all(looks)).map(String);
      assert.deepEqual(won.filter((each) => each === "true").length, 1);
      assert.equal(await digestOf(path), `look ${won.indexOf("true")}`);
    }
  });

  it("finds the marks of a thousand folders at once, each tree its own", async ({ marks }) => {
    const paths = Array.from({ length: 1000 }, (_, n) => `/folder ${n}`);
    await marks.bump(TREE, paths.slice(0, 200), NOW);
    await marks.bump("files:carol", paths.slice(100, 300), NOW + 1);
    const found = await marks.of(TREE, paths);
    assert.deepEqual(found.map(({ path }) => path).toSorted(), paths.slice(0, 200).toSorted());
    assert(found.every(({ tree, version }) => tree === TREE && version === NOW));
    assert.deepEqual(await marks.of(TREE, []), []);
  });

  it("removes the marks of a folder with all below it and none beside it, or of the whole tree", async ({ marks }) => {
    const beside = ["/", "/a b", "/a.", "/a0", "/ab", "/b"];
    const inside = ["/a", "/a/b", "/a/b/ü😀", "/a/\u{10ffff}", ...Array.from({ length: 700 }, (_, n) => `/a/${n}`)];
    const left = async () => (await marks.of(TREE, [...beside, ...inside])).map(({ path }) => path).toSorted();
    await marks.bump(TREE, [...beside, ...inside], NOW);
    await marks.bump("files:carol", ["/a"], NOW);
    await marks.remove(TREE, "/a");
    assert.deepEqual(await left(), beside.toSorted());
    await marks.bump(TREE, ["/a"], NOW + 9);
    assert.equal(await versionOf(marks, "/a"), NOW + 9);
    await marks.remove(TREE, "/");
    assert.deepEqual(await left(), []);
    assert.equal((await markOf(marks, "/a", "files:carol"))?.version, NOW);
  });
}
