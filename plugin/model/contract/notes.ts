import assert from "node:assert/strict";
import type { ResourceNote } from "../../ports/records.ts";
import type { ResourceNotes } from "../../ports/store.ts";
import type { StoreTest } from "./harness.ts";
import { AWKWARD, NOW, resourceNote } from "./samples.ts";

const TREE = "files:alice";

/** Names that sort next to "/a" and "/a/", and are not below it; and the last that are. */
const BESIDE = ["/", "/a b", "/a-", "/a.", "/a0", "/ab", "/A/b", "/b"];
const INSIDE = ["/a", "/a/b", "/a/b/c", "/a/ü😀", "/a/\u{10ffff}", "/a/$set.x"];

const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
const noted = (path: string, more: Partial<ResourceNote> = {}) => resourceNote({ path, ...more });

/** The notes at these paths, by path. */
async function read(notes: ResourceNotes, paths: readonly string[]): Promise<ResourceNote[]> {
  return (await notes.of(TREE, paths)).toSorted(byPath);
}

async function write(notes: ResourceNotes, records: readonly ResourceNote[]): Promise<void> {
  assert((await Promise.all(records.map((record) => notes.put(record)))).every(Boolean));
}

const at = (records: readonly ResourceNote[], from: string, to: string) =>
  records.map((record) => ({ ...record, path: to + record.path.slice(from.length) })).toSorted(byPath);

export function notesContract(it: StoreTest): void {
  it("gives a note back exactly as it was written, each tree and path its own", async ({ notes }) => {
    const records = [
      noted("/é", { checksum: { value: "SHA1:ab", etag: '"1"' } }),
      noted("/e\u0301", { properties: [] }),
      noted(`/${AWKWARD}`, { tree: `remote:${AWKWARD}` }),
      noted("/é", { tree: "remote:alice", updatedAt: NOW + 1 }),
    ];
    for (const { tree, path } of records) assert.equal(await notes.get(tree, path), undefined);
    await write(notes, records);
    for (const record of records) assert.deepEqual(await notes.get(record.tree, record.path), record);
    assert.equal(await notes.get(TREE, "/É"), undefined);
  });

  it("finds the notes of a thousand paths at once", async ({ notes }) => {
    const records = Array.from({ length: 300 }, (_, n) => noted(`/folder/file ${n}`));
    await write(notes, [...records, noted("/folder"), noted("/folder/file 1", { tree: "files:carol" })]);
    const paths = Array.from({ length: 1000 }, (_, n) => `/folder/file ${n * 2}`);
    const wanted = records.filter((_, n) => n % 2 === 0).toSorted(byPath);
    assert.deepEqual(await read(notes, paths), wanted);
    assert.deepEqual(await read(notes, ["/folder/file 4", "/nothing"]), [records[4]]);
    assert.deepEqual(await notes.of(TREE, []), []);
    assert.deepEqual(await notes.of("files:nobody", paths), []);
  });

  it("writes a note only over the version that was decided on", async ({ notes }) => {
    const first = noted("/a");
    assert.equal(await notes.put({ ...first, version: 2 }), false);
    assert.equal(await notes.get(TREE, "/a"), undefined);
    assert.equal(await notes.put(first), true);
    assert.equal(await notes.put({ ...first, updatedAt: NOW + 1 }), false);
    assert.equal(await notes.put({ ...first, version: 3 }), false);
    assert.deepEqual(await notes.get(TREE, "/a"), first);
    const seconds = Array.from({ length: 50 }, (_, n) => noted("/a", { version: 2, updatedAt: NOW + n }));
    const outcomes = await Promise.all(seconds.map((second) => notes.put(second)));
    assert.equal(outcomes.filter(Boolean).length, 1);
    assert.deepEqual(await notes.get(TREE, "/a"), seconds[outcomes.indexOf(true)]);
  });

  it("moves the notes of a folder with all below it, and none beside it; a second time it does nothing", async ({
    notes,
  }) => {
    const [inside, beside] = [INSIDE.map((path) => noted(path)), BESIDE.map((path) => noted(path))];
    const other = noted("/a/b", { tree: "files:carol" });
    await write(notes, [...inside, ...beside, other, noted("/x/y/stale"), noted("/x/y"), noted("/x/yz")]);
    for (let turn = 0; turn < 2; turn++) {
      await notes.move(TREE, "/a", "/x/y");
      const moved = at(inside, "/a", "/x/y");
      assert.deepEqual(
        await read(
          notes,
          moved.map(({ path }) => path),
        ),
        moved,
      );
      assert.deepEqual(await read(notes, INSIDE), []);
      assert.deepEqual(await read(notes, BESIDE), beside.toSorted(byPath));
      assert.equal(await notes.get(TREE, "/x/y/stale"), undefined);
      assert.notEqual(await notes.get(TREE, "/x/yz"), undefined);
      assert.deepEqual(await notes.get(other.tree, other.path), other);
    }
  });

  it("copies the notes of a folder with all below it, over what was noted there", async ({ notes }) => {
    const inside = INSIDE.map((path) => noted(path));
    await write(notes, [...inside, noted("/ab"), noted("/b/stale"), noted("/b/b", { updatedAt: 1 }), noted("/b c")]);
    for (let turn = 0; turn < 2; turn++) {
      await notes.copy(TREE, "/a", "/b");
      assert.deepEqual(await read(notes, INSIDE), inside.toSorted(byPath));
      const copied = at(inside, "/a", "/b");
      assert.deepEqual(await read(notes, [...copied.map(({ path }) => path), "/bb", "/b/stale"]), copied);
      assert.notEqual(await notes.get(TREE, "/b c"), undefined);
    }
    await notes.copy(TREE, "/nothing", "/b");
    assert.deepEqual(
      await read(
        notes,
        at(inside, "/a", "/b").map(({ path }) => path),
      ),
      [],
    );
  });

  it("moves, copies and removes the notes of a folder with hundreds of files", async ({ notes }) => {
    const records = Array.from({ length: 600 }, (_, n) => noted(`/many/${n}`));
    await write(notes, [noted("/many"), ...records, noted("/many more")]);
    // Some of all, wherever a store may have cut them into batches.
    const some = [noted("/many"), ...records.toSorted(byPath).filter((_, n) => n % 20 === 0 || n === 599)];
    const someAt = (folder: string) => at(some, "/many", folder);
    const found = (folder: string) =>
      read(
        notes,
        someAt(folder).map(({ path }) => path),
      );
    await notes.copy(TREE, "/many", "/copy");
    assert.deepEqual(await found("/copy"), someAt("/copy"));
    await notes.move(TREE, "/many", "/moved");
    assert.deepEqual(await found("/moved"), someAt("/moved"));
    assert.deepEqual(await found("/many"), []);
    await notes.remove(TREE, "/copy");
    assert.deepEqual(await found("/copy"), []);
    assert.notEqual(await notes.get(TREE, "/many more"), undefined);
  });

  it("removes the notes of a folder with all below it, or of the whole tree", async ({ notes }) => {
    const beside = BESIDE.map((path) => noted(path));
    await write(notes, [...beside, ...INSIDE.map((path) => noted(path)), noted("/a", { tree: "files:carol" })]);
    await notes.remove(TREE, "/a");
    assert.deepEqual(await read(notes, [...INSIDE, ...BESIDE]), beside.toSorted(byPath));
    await notes.remove(TREE, "/a");
    assert.equal(await notes.put(noted("/a")), true);
    await notes.remove(TREE, "/");
    assert.deepEqual(await read(notes, [...INSIDE, ...BESIDE]), []);
    assert.notEqual(await notes.get("files:carol", "/a"), undefined);
  });
}
