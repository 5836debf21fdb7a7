import assert from "node:assert/strict";
import type { CopyStatus, IncomingStatus, OutgoingStatus } from "../../ports/records.ts";
import type { Page, PageRequest } from "../../ports/store.ts";
import { OcmError } from "../../protocol/errors.ts";
import type { StoreTest } from "./harness.ts";
import { contact, copyJob, incomingShare, invite, NOW, outboxEntry, outgoingShare, peer } from "./samples.ts";

/** All items, page by page. */
async function allPages<R>(limit: number, read: (page: PageRequest) => Promise<Page<R>>): Promise<R[]> {
  const items: R[] = [];
  let after: string | undefined;
  for (;;) {
    const page: Page<R> = await read({ limit, ...(after === undefined ? {} : { after }) });
    assert(page.items.length <= limit);
    items.push(...page.items);
    if (page.next === undefined) return items;
    assert.equal(page.items.length, limit);
    after = page.next;
  }
}

const ids = (records: readonly { id: string }[]) => records.map((record) => record.id);
const byTime = <R extends { createdAt: number; id: string }>(a: R, b: R) =>
  a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);

const OUTGOING: OutgoingStatus[] = ["announcing", "pending", "accepted", "declined", "rejected", "revoked", "expired"];
const COPIES: CopyStatus[] = ["running", "done", "failed", "cancelled"];
const INCOMING: IncomingStatus[] = ["pending", "accepted", "declined", "ended"];

export function readingContract(it: StoreTest): void {
  it("lists a person's shares newest first, page by page, also where times are equal", async (store) => {
    const records = Array.from({ length: 30 }, (_, at) =>
      outgoingShare({ createdAt: NOW + (at >> 2), status: OUTGOING[at % OUTGOING.length] ?? "pending" }),
    );
    await Promise.all([...records, outgoingShare({ user: "Alice" })].map((record) => store.outgoing.insert(record)));
    const expected = ids(records.toSorted(byTime).reverse());
    for (const limit of [1, 7, 30, 1000]) {
      assert.deepEqual(ids(await allPages(limit, (page) => store.outgoing.ofUser("alice", page))), expected);
    }
    const live = records.filter((record) => OUTGOING.indexOf(record.status) < 3);
    assert.deepEqual(
      ids(await allPages(4, (page) => store.outgoing.ofUser("alice", { ...page, live: true }))),
      ids(live.toSorted(byTime).reverse()),
    );
    assert.deepEqual(
      ids(await allPages(4, (page) => store.outgoing.toHost("peer.example.org", page))).toSorted(),
      ids([...live, ...(await store.outgoing.ofUser("Alice", { limit: 9 })).items]).toSorted(),
    );
  });

  it("lists the live folder shares of everybody by their ids, page by page", async (store) => {
    const records = Array.from({ length: 21 }, (_, at) =>
      outgoingShare({
        user: `user ${at % 5}`,
        status: OUTGOING[at % OUTGOING.length] ?? "pending",
        resourceType: at % 3 === 0 ? "folder" : "file",
      }),
    );
    await Promise.all(records.map((record) => store.outgoing.insert(record)));
    const folders = records.filter(
      ({ status, resourceType }) => OUTGOING.indexOf(status) < 3 && resourceType === "folder",
    );
    for (const limit of [1, 4, 9, 1000]) {
      const found = await allPages(limit, (page) => store.outgoing.liveFolders(page));
      assert.deepEqual(ids(found), ids(folders).toSorted());
    }
  });

  it("lists a person's copies newest first, and counts those that run", async (store) => {
    const records = COPIES.flatMap((status, at) =>
      Array.from({ length: at + 2 }, (_, turn) => copyJob({ status, createdAt: NOW + turn })),
    );
    await Promise.all([...records, copyJob({ user: "carol" })].map((record) => store.copies.insert(record)));
    const expected = ids(records.toSorted(byTime).reverse());
    for (const limit of [1, 5, 1000]) {
      assert.deepEqual(ids(await allPages(limit, (page) => store.copies.ofUser("alice", page))), expected);
    }
    assert.equal(await store.copies.countRunning("alice"), 2);
    assert.equal(await store.copies.countRunning("nobody"), 0);
  });

  it("keeps its place while records come and go", async (store) => {
    const records = Array.from({ length: 20 }, (_, at) => invite({ createdAt: NOW + at }));
    await Promise.all(records.map((record) => store.invites.insert(record)));
    const expected = ids(records).reverse();
    const first = await store.invites.ofUser("alice", { limit: 8 });
    assert.deepEqual(ids(first.items), expected.slice(0, 8));
    await store.invites.insert(invite({ createdAt: NOW + 100 }));
    const last = first.items[7];
    assert(last !== undefined);
    await store.invites.remove(last.id, last.version);
    const second = await store.invites.ofUser("alice", { limit: 8, after: first.next ?? "" });
    assert.deepEqual(ids(second.items), expected.slice(8, 16));
    const third = await store.invites.ofUser("alice", { limit: 8, after: second.next ?? "" });
    assert.deepEqual(ids(third.items), expected.slice(16));
    assert.equal(third.next, undefined);
  });

  it("refuses a cursor that is none", async (store) => {
    for (const after of ["", "x", "W10", Buffer.from('[{"$gt":""},"a"]').toString("base64url")]) {
      await assert.rejects(
        store.invites.ofUser("alice", { limit: 1, after }),
        (error) => error instanceof OcmError && error.code === "bad-request",
      );
    }
  });

  it("lists received shares by their status, and counts those that wait", async (store) => {
    const records = INCOMING.flatMap((status, at) =>
      Array.from({ length: at + 1 }, (_, turn) => incomingShare({ status, createdAt: NOW + turn })),
    );
    const other = incomingShare({ user: "carol", sender: "dave@other.example.org", senderHost: "other.example.org" });
    await Promise.all([...records, other].map((record) => store.incoming.insert(record)));
    for (const status of INCOMING) {
      assert.deepEqual(
        ids(await allPages(2, (page) => store.incoming.ofUser("alice", { ...page, status }))),
        ids(
          records
            .filter((record) => record.status === status)
            .toSorted(byTime)
            .reverse(),
        ),
      );
    }
    assert.equal((await allPages(3, (page) => store.incoming.ofUser("alice", page))).length, records.length);
    assert.equal((await allPages(2, (page) => store.incoming.fromHost("peer.example.org", page))).length, 3);
    assert.equal(await store.incoming.countPending({ user: "alice" }), 1);
    assert.equal(await store.incoming.countPending({ user: "nobody" }), 0);
    assert.equal(await store.incoming.countPending({ sender: "dave@other.example.org" }), 1);
    assert.equal(await store.incoming.countPending({ senderHost: "other.example.org" }), 1);
    assert.equal(await store.incoming.countPending({ senderHost: "OTHER.example.org" }), 0);
  });

  it("finds the live shares of a path and below it, and of no path that merely begins alike", async (store) => {
    const share = (path: string, status: OutgoingStatus = "accepted") => outgoingShare({ path, status });
    const inside = [share("/a"), share("/a/b"), share("/a/b/ü😀"), share("/a/\u{10ffff}")];
    const outside = [share("/"), share("/a b"), share("/a0"), share("/a."), share("/b"), share("/a/c", "revoked")];
    await Promise.all([...inside, ...outside].map((record) => store.outgoing.insert(record)));
    await store.outgoing.insert(outgoingShare({ user: "carol", path: "/a/b" }));
    assert.deepEqual(ids(await store.outgoing.below("alice", "/a")).toSorted(), ids(inside).toSorted());
    assert.equal((await store.outgoing.below("alice", "/")).length, inside.length + outside.length - 1);
    assert.deepEqual(await store.outgoing.below("alice", "/nothing"), []);
  });

  it("finds secrets, invites and contacts by their hashes", async (store) => {
    const share = outgoingShare();
    const open = invite();
    const known = contact({ tokenHash: "hash", user: "alice" });
    await Promise.all([store.outgoing.insert(share), store.invites.insert(open), store.contacts.insert(known)]);
    assert.deepEqual(await store.outgoing.bySecretHash(share.secretHash), share);
    assert.equal(await store.outgoing.bySecretHash("none"), undefined);
    assert.deepEqual(await store.invites.byTokenHash(open.tokenHash), open);
    assert.equal(await store.invites.byTokenHash("none"), undefined);
    assert.deepEqual(await store.contacts.byTokenHash("alice", "hash"), known);
    assert.equal(await store.contacts.byTokenHash("carol", "hash"), undefined);
    assert.equal(await store.invites.countOpen("alice"), 1);
  });

  it("finds a contact that is not removed, and everybody who knows a person", async (store) => {
    const person = { host: "peer.example.org", identifier: "bob" };
    const removed = contact({ ...person, status: "removed" });
    await store.contacts.insert(removed);
    assert.equal(await store.contacts.find("alice", person.host, person.identifier), undefined);
    const active = contact({ ...person, createdAt: NOW + 1 });
    const failed = contact({ ...person, status: "failed", createdAt: NOW + 2 });
    const carols = contact({ ...person, user: "carol" });
    await Promise.all([failed, active, carols].map((record) => store.contacts.insert(record)));
    await store.contacts.insert(contact({ ...person, identifier: "Bob" }));
    assert.deepEqual(await store.contacts.find("alice", person.host, person.identifier), active);
    assert.deepEqual(
      ids(await store.contacts.ofPerson(person.host, person.identifier)).toSorted(),
      ids([removed, active, failed, carols]).toSorted(),
    );
    assert.equal((await allPages(2, (page) => store.contacts.ofUser("alice", page))).length, 4);
  });

  it("lists peers by name", async (store) => {
    const records = ["b.example", "a.example", "c.example:8443"].map((host) => peer({ host }));
    await Promise.all(records.map((record) => store.peers.put(record)));
    assert.deepEqual(
      (await allPages(2, (page) => store.peers.list(page))).map((record) => record.host),
      ["a.example", "b.example", "c.example:8443"],
    );
  });

  it("lists what waits in outboxes, oldest first, of one peer or of all", async (store) => {
    const waiting = Array.from({ length: 9 }, (_, at) =>
      outgoingShare({
        createdAt: NOW + 9 - at,
        outbox: [outboxEntry(1, { type: "hook", to: null }), outboxEntry(2, { to: `p${at % 2}.example` })],
      }),
    );
    const local = outgoingShare({ createdAt: NOW, outbox: [outboxEntry(1, { type: "hook", to: null })] });
    await Promise.all([...waiting, local, outgoingShare()].map((record) => store.outgoing.insert(record)));
    const oldestFirst = [local, ...waiting].toSorted(byTime);
    assert.deepEqual(ids(await allPages(4, (page) => store.outgoing.withOutbox(page))), ids(oldestFirst));
    const ofOne = oldestFirst.filter((record) => record.outbox[1]?.to === "p1.example");
    assert.deepEqual(
      ids(await allPages(3, (page) => store.outgoing.withOutbox({ ...page, host: "p1.example" }))),
      ids(ofOne),
    );
    for (const record of waiting) await store.outgoing.replace({ ...record, outbox: [] });
    assert.deepEqual(ids((await store.outgoing.withOutbox({ limit: 9 })).items), [local.id]);
  });
}
