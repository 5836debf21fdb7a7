import assert from "node:assert/strict";
import { OcmError } from "../../protocol/errors.ts";
import type { StoreTest } from "./harness.ts";
import { AWKWARD, invite, key, NOW, peer } from "./samples.ts";

export function serverStateContract(it: StoreTest): void {
  it("keeps the last word on a peer", async (store) => {
    const first = peer();
    assert.equal(await store.peers.get(first.host), undefined);
    await store.peers.put(first);
    assert.deepEqual(await store.peers.get(first.host), first);
    const second = peer({
      host: first.host,
      jwks: { keys: [{ kty: "OKP", "x5t#S256": "a" }] },
      failures: 3,
      unreachableSince: NOW,
      lastError: { code: "peer-dns", message: AWKWARD, at: NOW, status: null },
      lastSeenAt: NOW,
    });
    await store.peers.put(second);
    assert.deepEqual(await store.peers.get(first.host), second);
    await Promise.all(
      Array.from({ length: 20 }, (_, failures) => store.peers.put({ ...second, host: "new", failures })),
    );
    assert.equal((await store.peers.get("new"))?.host, "new");
    await store.peers.remove(first.host);
    assert.equal(await store.peers.get(first.host), undefined);
  });

  it("keeps keys, and does not take a second one with the same id", async (store) => {
    const [first, second] = [key(), key({ use: "seal", retiredAt: NOW, goneAt: NOW + 1, wrappedBy: "w" })];
    assert.equal(await store.keys.insert(first), true);
    assert.equal(await store.keys.insert(second), true);
    assert.equal(await store.keys.insert({ ...first, material: "other" }), false);
    await store.keys.update({ ...first, retiredAt: NOW });
    await store.keys.update(key({ id: "nobody" }));
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    assert.deepEqual((await store.keys.list()).toSorted(byId), [{ ...first, retiredAt: NOW }, second].toSorted(byId));
    await store.keys.remove(first.id);
    assert.deepEqual(await store.keys.list(), [second]);
  });

  it("gives a lease to one owner at a time, and again to the same", async (store) => {
    const { leases } = store;
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, at) => leases.acquire("rotate", `o${at}`, NOW, 100)),
    );
    assert.equal(outcomes.filter(Boolean).length, 1);
    const owner = `o${outcomes.indexOf(true)}`;
    assert.equal(await leases.acquire("rotate", owner, NOW + 50, 100), true);
    assert.equal(await leases.acquire("rotate", "other", NOW + 149, 100), false);
    assert.equal(await leases.acquire("another", "other", NOW, 100), true);
    assert.equal(await leases.acquire("rotate", "other", NOW + 150, 100), true);
    await leases.release("rotate", owner);
    assert.equal(await leases.acquire("rotate", owner, NOW + 151, 100), false);
    await leases.release("rotate", "other");
    assert.equal(await leases.acquire("rotate", owner, NOW + 151, 100), true);
  });

  it("counts every one of many at once, and starts again after the end", async (store) => {
    const { counters } = store;
    assert.equal(await counters.read("guess", NOW), 0);
    const counts = await Promise.all(Array.from({ length: 50 }, () => counters.bump("guess", NOW, NOW + 100)));
    assert.deepEqual(
      counts.toSorted((a, b) => a - b),
      Array.from({ length: 50 }, (_, at) => at + 1),
    );
    assert.equal(await counters.bump("guess", NOW + 99, NOW + 500), 51);
    assert.equal(await counters.read("guess", NOW + 99), 51);
    assert.equal(await counters.read("guess", NOW + 100), 0);
    assert.equal(await counters.read("other", NOW), 0);
    assert.equal(await counters.bump("guess", NOW + 100, NOW + 200), 1);
    assert.equal(await counters.read("guess", NOW + 199), 1);
    await counters.clear("guess");
    assert.equal(await counters.read("guess", NOW + 199), 0);
  });

  it("fixes a value once, whoever comes first", async (store) => {
    const values = await Promise.all(Array.from({ length: 20 }, (_, by) => store.fix("name", { by, text: AWKWARD })));
    for (const value of values) assert.deepEqual(value, values[0]);
    assert.deepEqual(await store.fix("name", { by: "later" }), values[0]);
    assert.deepEqual(await store.fix("other", {}), {});
  });

  it("finishes what is under way when it is closed, and refuses everything afterwards", async (store, { reopen }) => {
    await store.ping();
    const record = invite();
    const inserted = store.invites.insert(record);
    await Promise.all([store.close(), store.close()]);
    assert.equal(await inserted, true);
    for (const call of [
      () => store.ping(),
      () => store.invites.get(record.id),
      () => store.invites.insert(invite()),
      () => store.invites.due(NOW, 1),
      () => store.leases.acquire("a", "b", NOW, 1),
      () => store.fix("a", {}),
      () => store.copies.nextDue(),
      () => store.locks.get("files:alice"),
      () => store.notes.of("files:alice", ["/"]),
      () => store.notes.move("files:alice", "/a", "/b"),
      () => store.marks.bump("files:alice", ["/"], NOW),
      () => store.marks.remove("files:alice", "/"),
      () => store.passwords.ofUser("alice"),
    ]) {
      await assert.rejects(call(), (error) => error instanceof OcmError && error.code === "unavailable");
    }
    if (reopen === undefined) return;
    assert.deepEqual(await (await reopen()).invites.get(record.id), record);
  });
}
