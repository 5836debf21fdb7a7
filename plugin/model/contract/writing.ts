import assert from "node:assert/strict";
import type { AnyAggregate, CopyJob } from "../../ports/records.ts";
import type { Collection, Store } from "../../ports/store.ts";
import { incomingShareId } from "../../protocol/incoming-share-id.ts";
import type { StoreTest } from "./harness.ts";
import { AWKWARD, contact, copyJob, incomingShare, invite, NOW, newId, outboxEntry, outgoingShare } from "./samples.ts";

type Kept = AnyAggregate | CopyJob;

/** Each kind with a record whose fields are all set, and one with every null that there can be. */
function everyKind(store: Store): { collection: Collection<Kept>; records: Kept[] }[] {
  const failure = { code: "peer-error", message: AWKWARD, at: NOW, status: 503 };
  const busy = {
    outbox: [outboxEntry(1), outboxEntry(2, { to: null, type: "hook", body: null })],
    nextAt: NOW,
    leaseBy: "w",
    leaseUntil: NOW,
  };
  const of = <R extends Kept>(collection: Collection<R>, ...records: R[]) => ({
    collection: collection as unknown as Collection<Kept>,
    records,
  });
  return [
    of(
      store.outgoing,
      outgoingShare(),
      outgoingShare({
        ...busy,
        fileId: AWKWARD,
        description: "",
        permissions: [],
        reason: failure,
        secret: null,
        recipientDisplayName: AWKWARD,
        expiresAt: NOW,
        endedAt: NOW,
        strict: false,
        legacyBasic: true,
        sent: true,
      }),
    ),
    of(
      store.incoming,
      incomingShare(),
      incomingShare({
        ...busy,
        uri: AWKWARD,
        description: AWKWARD,
        ownerDisplayName: "",
        warnings: [AWKWARD, ""],
        endedBy: "owner",
        endedAt: NOW,
        expiresAt: NOW,
        accessEvidence: failure,
        lastKnown: { size: 2 ** 45, modifiedAt: null, at: NOW },
      }),
    ),
    of(
      store.invites,
      invite({ note: null }),
      invite({ ...busy, acceptedBy: { host: "h", userID: AWKWARD, name: AWKWARD, email: "", at: NOW }, endedAt: NOW }),
    ),
    of(
      store.contacts,
      contact(),
      contact({ ...busy, token: { keyId: "", data: AWKWARD }, tokenHash: newId(), reason: failure, endedAt: NOW }),
    ),
    of(
      store.copies,
      copyJob(),
      copyJob({
        ...busy,
        direction: "to-share",
        remotePath: AWKWARD,
        status: "failed",
        reason: failure,
        filesDone: 7,
        bytesDone: 2 ** 45,
        filesTotal: 0,
        bytesTotal: 2 ** 46,
        current: { path: AWKWARD, etag: null, bytes: 2 ** 44 },
        after: "",
        attempts: 3,
        endedAt: NOW,
      }),
    ),
  ];
}

export function writingContract(it: StoreTest): void {
  it("gives each record back exactly as it was written, of every kind", async (store) => {
    for (const { collection, records } of everyKind(store)) {
      for (const record of records) {
        assert.equal(await collection.get(record.id), undefined);
        assert.equal(await collection.insert(record), true);
        assert.deepEqual(await collection.get(record.id), record);
      }
    }
  });

  it("replaces a record as a whole and raises its version by one, of every kind", async (store) => {
    for (const { collection, records } of everyKind(store)) {
      const [before, after] = records;
      assert(before !== undefined && after !== undefined);
      await collection.insert(before);
      const changed = { ...after, id: before.id };
      assert.equal(await collection.replace(changed), true);
      assert.deepEqual(await collection.get(before.id), { ...changed, version: 1 });
      assert.equal(await collection.replace({ ...changed, version: 1 }), true);
      assert.equal((await collection.get(before.id))?.version, 2);
    }
  });

  it("replaces one field after the other, told what the record was before, of every kind", async (store) => {
    for (const { collection, records } of everyKind(store)) {
      const [first, other] = records;
      assert(first !== undefined && other !== undefined);
      await collection.insert(first);
      let stored = first;
      for (const [field, value] of Object.entries(other)) {
        if (field === "id" || field === "version") continue;
        const changed = { ...stored, [field]: value };
        assert.equal(await collection.replace(changed, stored), true);
        stored = { ...changed, version: stored.version + 1 };
        assert.deepEqual(await collection.get(first.id), stored);
      }
      assert.equal(await collection.replace(first, first), false);
      assert.equal(await collection.replace(stored, stored), true);
      stored = { ...stored, version: stored.version + 1 };
      // What is called its record before is of another version: nothing may be left out.
      assert.equal(await collection.replace({ ...first, version: stored.version }, first), true);
      assert.deepEqual(await collection.get(first.id), { ...first, version: stored.version + 1 });
    }
  });

  it("finds what waits in an outbox after it was replaced, told what the record was before", async (store) => {
    const idle = contact({ nextAt: null });
    await store.contacts.insert(idle);
    const waiting = { ...idle, outbox: [outboxEntry(1, { to: "waits.example.org" })] };
    assert.equal(await store.contacts.replace(waiting, idle), true);
    const found = () => store.contacts.withOutbox({ host: "waits.example.org", limit: 9 });
    assert.deepEqual(
      (await found()).items.map(({ id }) => id),
      [idle.id],
    );
    assert.equal(
      await store.contacts.replace({ ...waiting, version: 1, outbox: [] }, { ...waiting, version: 1 }),
      true,
    );
    assert.deepEqual((await found()).items, []);
  });

  it("keeps a large outbox", async (store) => {
    const outbox = Array.from({ length: 200 }, (_, seq) => outboxEntry(seq, { body: { text: AWKWARD.repeat(200) } }));
    const record = contact({ outbox });
    await store.contacts.insert(record);
    assert.deepEqual(await store.contacts.get(record.id), record);
  });

  it("keeps identifiers apart that differ only in case or normal form", async (store) => {
    for (const user of ["é", "e\u0301", "E\u0301", "É", "ß", "ss"]) {
      await store.invites.insert(invite({ user }));
      assert.equal(await store.invites.countOpen(user), 1);
      assert.deepEqual(
        (await store.invites.ofUser(user, { limit: 9 })).items.map((found) => found.user),
        [user],
      );
    }
  });

  it("refuses a second record with an id that is taken, and leaves the first as it is", async (store) => {
    const first = invite();
    assert.equal(await store.invites.insert(first), true);
    assert.equal(await store.invites.insert(invite({ id: first.id })), false);
    assert.deepEqual(await store.invites.get(first.id), first);
  });

  it("takes one share for each providerId of a host, and the same providerId of another host", async (store) => {
    const first = incomingShare({ senderHost: "one.example.org", providerId: AWKWARD });
    assert.equal(await store.incoming.insert(first), true);
    assert.equal(await store.incoming.insert({ ...incomingShare(first), name: "another" }), false);
    const other = incomingShare({ senderHost: "two.example.org", providerId: AWKWARD });
    assert.equal(await store.incoming.insert(other), true);
    assert.deepEqual(await store.incoming.get(incomingShareId("one.example.org", AWKWARD)), first);
    assert.deepEqual(await store.incoming.get(incomingShareId("two.example.org", AWKWARD)), other);
    assert.equal(await store.incoming.get(incomingShareId("three.example.org", AWKWARD)), undefined);
  });

  it("refuses to replace what has another version, or is not there", async (store) => {
    const record = invite();
    assert.equal(await store.invites.replace(record), false);
    assert.equal(await store.invites.get(record.id), undefined);
    await store.invites.insert(record);
    assert.equal(await store.invites.replace({ ...record, version: 1 }), false);
    assert.deepEqual(await store.invites.get(record.id), record);
  });

  it("removes only the version that was named", async (store) => {
    const record = invite();
    await store.invites.insert(record);
    assert.equal(await store.invites.remove(record.id, 1), false);
    assert.deepEqual(await store.invites.get(record.id), record);
    assert.equal(await store.invites.remove(record.id, 0), true);
    assert.equal(await store.invites.get(record.id), undefined);
    assert.equal(await store.invites.remove(record.id, 0), false);
  });

  it("lets one of a hundred parallel replacements win", async (store) => {
    const record = invite();
    await store.invites.insert(record);
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, at) => store.invites.replace({ ...record, note: `note ${at}` })),
    );
    assert.equal(outcomes.filter(Boolean).length, 1);
    assert.deepEqual(await store.invites.get(record.id), {
      ...record,
      version: 1,
      note: `note ${outcomes.indexOf(true)}`,
    });
  });

  it("lets one of a hundred parallel inserts of an id win", async (store) => {
    const id = newId();
    const records = Array.from({ length: 100 }, (_, at) => invite({ id, note: `note ${at}` }));
    const outcomes = await Promise.all(records.map((record) => store.invites.insert(record)));
    assert.equal(outcomes.filter(Boolean).length, 1);
    assert.deepEqual(await store.invites.get(id), records[outcomes.indexOf(true)]);
  });

  it("gives each of many writes at once its own outcome", async (store) => {
    const taken = invite();
    await store.invites.insert(taken);
    const fresh = Array.from({ length: 60 }, () => invite());
    const outcomes = await Promise.all(
      fresh.flatMap((record) => [
        store.invites.insert(record),
        store.invites.insert({ ...record, id: taken.id }),
        store.invites.replace({ ...taken, version: 7 }),
        store.contacts.insert(contact()),
        store.invites.remove(newId(), 0),
      ]),
    );
    assert.deepEqual(
      outcomes,
      fresh.flatMap(() => [true, false, false, true, false]),
    );
    for (const record of fresh) assert.deepEqual(await store.invites.get(record.id), record);
  });

  it("does not let a record that cannot be stored spoil the writes beside it", async (store) => {
    const broken = { ...invite(), note: undefined } as unknown as Parameters<typeof store.invites.insert>[0];
    const good = Array.from({ length: 10 }, () => invite());
    const outcomes = await Promise.allSettled([
      ...good.slice(0, 5).map((record) => store.invites.insert(record)),
      store.invites.insert(broken),
      ...good.slice(5).map((record) => store.invites.insert(record)),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value),
      [...Array(5).fill(true), false, ...Array(5).fill(true)],
    );
    assert.equal(outcomes[5]?.status, "rejected");
    for (const record of good) assert.deepEqual(await store.invites.get(record.id), record);
  });

  it("stores what the record was when it was given, whatever becomes of the object afterwards", async (store) => {
    const record = invite({ outbox: [outboxEntry(1)] });
    const copy = structuredClone(record);
    const inserted = store.invites.insert(record);
    record.note = "changed";
    record.outbox.pop();
    await inserted;
    assert.deepEqual(await store.invites.get(copy.id), copy);
  });
}
