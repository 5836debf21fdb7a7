import assert from "node:assert/strict";
import type { StoreTest } from "./harness.ts";
import { AWKWARD, lock, lockSet, NOW } from "./samples.ts";

export function locksContract(it: StoreTest): void {
  it("gives the locks of a tree back exactly as they were written, of each tree its own", async ({ locks }) => {
    const shared = lock({ token: "urn:uuid:2", depth: "0", scope: "shared", owner: "" });
    const sets = [
      lockSet({ tree: "files:é" }),
      lockSet({ tree: "files:e\u0301", locks: [] }),
      lockSet({ tree: `remote:${AWKWARD}`, locks: [lock(), shared] }),
    ];
    for (const set of sets) assert.equal(await locks.get(set.tree), undefined);
    for (const set of sets) assert.equal(await locks.put(set), true);
    // One without locks may be gone instead.
    for (const set of sets.filter((one) => one.locks.length > 0)) assert.deepEqual(await locks.get(set.tree), set);
    for (const set of sets) await locks.remove(set.tree);
    for (const set of sets) assert.equal(await locks.get(set.tree), undefined);
    await locks.remove("files:nobody");
  });

  it("writes locks only over the version that was decided on", async ({ locks }) => {
    const first = lockSet();
    assert.equal(await locks.put({ ...first, version: 2 }), false);
    assert.equal(await locks.get(first.tree), undefined);
    assert.equal(await locks.put(first), true);
    assert.equal(await locks.put({ ...first, updatedAt: NOW + 1 }), false);
    assert.equal(await locks.put({ ...first, version: 3 }), false);
    assert.deepEqual(await locks.get(first.tree), first);
    const second = lockSet({ version: 2, updatedAt: NOW + 2 });
    assert.equal(await locks.put(second), true);
    assert.equal(await locks.put({ ...second, updatedAt: NOW + 3 }), false);
    assert.equal(await locks.put(first), false);
    assert.deepEqual(await locks.get(first.tree), second);
    await locks.remove(first.tree);
    assert.equal(await locks.put({ ...second, version: 3 }), false);
    assert.equal(await locks.put(first), true);
  });

  it("lets one of fifty take the first lock of a tree, and one of fifty the next", async ({ locks }) => {
    for (const version of [1, 2]) {
      const sets = Array.from({ length: 50 }, (_, at) => lockSet({ version, updatedAt: NOW + at }));
      const outcomes = await Promise.all(sets.map((set) => locks.put(set)));
      assert.equal(outcomes.filter(Boolean).length, 1);
      assert.deepEqual(await locks.get("files:alice"), sets[outcomes.indexOf(true)]);
    }
  });

  it("takes the next decision also where the last lock is gone", async ({ locks }) => {
    await locks.put(lockSet());
    assert.equal(await locks.put(lockSet({ version: 2, locks: [] })), true);
    const left = await locks.get("files:alice");
    assert.deepEqual(left?.locks ?? [], []);
    const next = lockSet({ version: (left?.version ?? 0) + 1 });
    assert.equal(await locks.put(next), true);
    assert.deepEqual(await locks.get("files:alice"), next);
  });
}
