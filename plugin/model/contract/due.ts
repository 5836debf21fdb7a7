import assert from "node:assert/strict";
import type { StoreTest } from "./harness.ts";
import { copyJob, incomingShare, NOW } from "./samples.ts";

const ids = (records: readonly { id: string }[]) => records.map((record) => record.id);

export function dueContract(it: StoreTest): void {
  it("gives what is due, longest due first, and no more than asked for", async (store) => {
    const records = [5, 3, 9, 1, 7].map((ago) => incomingShare({ nextAt: NOW - ago }));
    const later = incomingShare({ nextAt: NOW + 1 });
    await Promise.all([...records, later, incomingShare()].map((record) => store.incoming.insert(record)));
    const expected = ids(records.toSorted((a, b) => (a.nextAt ?? 0) - (b.nextAt ?? 0)));
    assert.deepEqual(ids(await store.incoming.due(NOW, 100)), expected);
    assert.deepEqual(ids(await store.incoming.due(NOW, 2)), expected.slice(0, 2));
    assert.deepEqual(ids(await store.incoming.due(NOW + 1, 100)), [...expected, later.id]);
    assert.deepEqual(await store.incoming.due(NOW - 10, 100), []);
    assert.equal(await store.incoming.nextDue(), NOW - 9);
  });

  it("passes over a record that a worker is busy with, until its lease has run out", async (store) => {
    const busy = incomingShare({ nextAt: NOW - 2, leaseBy: "worker", leaseUntil: NOW + 1 });
    const free = incomingShare({ nextAt: NOW - 1 });
    await Promise.all([busy, free].map((record) => store.incoming.insert(record)));
    assert.deepEqual(ids(await store.incoming.due(NOW, 10)), [free.id]);
    assert.deepEqual(ids(await store.incoming.due(NOW + 1, 10)), [busy.id, free.id]);
  });

  it("knows what is due of each kind apart", async (store) => {
    const copy = copyJob({ nextAt: NOW - 1 });
    await Promise.all([store.copies.insert(copy), store.incoming.insert(incomingShare({ nextAt: NOW - 2 }))]);
    assert.deepEqual(await store.copies.due(NOW, 10), [copy]);
    assert.equal(await store.copies.nextDue(), NOW - 1);
    assert.equal(await store.outgoing.nextDue(), null);
  });

  it("lets one of twenty workers claim a record", async (store) => {
    const record = incomingShare({ nextAt: NOW });
    await store.incoming.insert(record);
    const claims = await Promise.all(
      Array.from({ length: 20 }, async (_, worker) => {
        const [found] = await store.incoming.due(NOW, 1);
        if (found === undefined) return false;
        return store.incoming.replace({ ...found, leaseBy: `worker ${worker}`, leaseUntil: NOW + 1000 });
      }),
    );
    assert.equal(claims.filter(Boolean).length, 1);
    assert.equal((await store.incoming.get(record.id))?.leaseBy, `worker ${claims.indexOf(true)}`);
    assert.deepEqual(await store.incoming.due(NOW, 1), []);
  });

  it("knows nothing to do in an empty store, and forgets what is done", async (store) => {
    assert.equal(await store.incoming.nextDue(), null);
    const record = incomingShare({ nextAt: 0 });
    await store.incoming.insert(record);
    assert.equal(await store.incoming.nextDue(), 0);
    await store.incoming.replace({ ...record, nextAt: null });
    assert.equal(await store.incoming.nextDue(), null);
    assert.deepEqual(await store.incoming.due(NOW, 10), []);
  });
}
