import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { StoreTest } from "./harness.ts";
import { appPassword, copyJob, lockSet, NOW, resourceNote } from "./samples.ts";

/** The process is killed when it has printed this many identifiers. */
const ENOUGH = 300;

export function durabilityContract(it: StoreTest): void {
  it("has what WebDAV keeps, copies and app passwords when it is opened again", async (store, opened) => {
    const tree = "files:alice";
    const [copy, locks, password] = [copyJob(), lockSet(), appPassword()];
    const notes = ["/a", "/a/b"].map((path) => resourceNote({ path }));
    await store.copies.insert(copy);
    await store.locks.put(locks);
    await Promise.all(notes.map((note) => store.notes.put(note)));
    await store.notes.copy(tree, "/a", "/c");
    await store.marks.bump(tree, ["/", "/a"], NOW);
    await store.marks.saw(tree, "/a", "digest", NOW);
    await store.passwords.insert(password);
    await store.passwords.used(password.id, NOW);
    const again = (await opened.reopen?.()) ?? store;
    assert.deepEqual(await again.copies.get(copy.id), copy);
    assert.deepEqual(await again.locks.get(tree), locks);
    assert.deepEqual(await again.notes.get(tree, "/c/b"), { ...notes[1], path: "/c/b" });
    const [mark] = await again.marks.of(tree, ["/a"]);
    assert.deepEqual(mark, { tree, path: "/a", version: NOW, digest: "digest", sweptAt: NOW });
    assert.deepEqual(await again.passwords.ofUser("alice"), [{ ...password, lastUsedAt: NOW }]);
  });

  it("has everything that it said it had, after the process was killed with kill -9", async (store, opened) => {
    const { startWriter, reopen } = opened;
    if (startWriter === undefined || reopen === undefined) return;
    await store.close();
    const writer = startWriter.call(opened);
    const ended = once(writer, "close");
    assert(writer.stdout !== null);
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: writer.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === ENOUGH) writer.kill("SIGKILL");
    }
    await ended;
    assert(acknowledged.length >= ENOUGH, `The writer ended after ${acknowledged.length} records.`);
    const again = await reopen.call(opened);
    // The last line may have been cut off in the middle.
    for (const id of acknowledged.slice(0, -1)) assert.equal((await again.invites.get(id))?.id, id);
  });
}
