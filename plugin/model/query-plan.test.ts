import { describe, expect, it } from "vitest";
import { lockSet, NOW, resourceNote } from "./contract/samples.ts";
import { migrateSqlite } from "./migrations/sqlite.ts";
import { sqliteBackend } from "./sqlite/backend.ts";
import { connect } from "./sqlite/connection.ts";
import { storeOn } from "./store.ts";
import { testSystem } from "./test-system.test-helper.ts";

describe("Each query of the store on SQLite", () => {
  it("is answered by an index, without a scan of a table and without sorting", async () => {
    const connection = connect(":memory:", "full");
    await migrateSqlite(connection, testSystem);
    const store = storeOn(sqliteBackend(connection, undefined, testSystem));
    const page = { limit: 10 };
    for (const kind of [store.outgoing, store.incoming, store.invites, store.contacts, store.copies]) {
      await kind.get("id");
      await kind.remove("id", 0);
      await kind.due(NOW, 10);
      await kind.nextDue();
      for (const of of [{}, { host: "h" }]) {
        await kind.withOutbox({ ...page, ...of });
        await kind.withOutbox({ ...page, ...of, after: cursor(NOW, "id") });
      }
    }
    for (const more of [page, { ...page, after: cursor(NOW, "id") }]) {
      await store.outgoing.ofUser("u", more);
      await store.outgoing.ofUser("u", { ...more, live: true });
      await store.outgoing.toHost("h", more);
      await store.incoming.ofUser("u", more);
      await store.incoming.ofUser("u", { ...more, status: "pending" });
      await store.incoming.fromHost("h", more);
      await store.invites.ofUser("u", more);
      await store.contacts.ofUser("u", more);
      await store.copies.ofUser("u", more);
    }
    await store.outgoing.liveFolders(page);
    await store.outgoing.liveFolders({ ...page, after: cursor("id") });
    await store.outgoing.bySecretHash("hash");
    await store.outgoing.below("u", "/a");
    await store.outgoing.below("u", "/");
    await store.incoming.countPending({ user: "u" });
    await store.incoming.countPending({ sender: "s" });
    await store.incoming.countPending({ senderHost: "h" });
    await store.invites.byTokenHash("hash");
    await store.invites.countOpen("u");
    await store.contacts.find("u", "h", "i");
    await store.contacts.byTokenHash("u", "hash");
    await store.contacts.ofPerson("h", "i");
    await store.copies.countRunning("u");
    await store.locks.get("t");
    await store.locks.put(lockSet());
    await store.locks.put(lockSet({ version: 2 }));
    await store.locks.remove("t");
    // More than one batch, so that the second is read too.
    for (let n = 0; n < 300; n++) await store.notes.put(resourceNote({ path: `/a/${n}` }));
    await store.notes.get("files:alice", "/a");
    await store.notes.of("files:alice", ["/a", "/b", "/c"]);
    await store.notes.put(resourceNote({ version: 2 }));
    await store.notes.move("files:alice", "/a", "/b");
    await store.notes.copy("files:alice", "/b", "/c");
    await store.marks.of("t", ["/a", "/b", "/c"]);
    for (const tree of [store.notes, store.marks]) {
      await tree.remove("files:alice", "/a");
      await tree.remove("files:alice", "/");
    }
    await store.passwords.byHash("hash");
    await store.passwords.ofUser("u");
    await store.passwords.used("id", NOW);
    await store.passwords.remove("u", "id");
    await store.peers.get("h");
    await store.peers.list(page);
    await store.peers.list({ ...page, after: cursor("h") });
    await store.counters.bump("k", NOW, NOW + 1);

    const plans = connection
      .statements()
      .filter((sql) => /^(select|update|delete)/.test(sql))
      .map((sql) => ({ sql, steps: explain(sql) }));
    expect(plans.length).toBeGreaterThan(50);
    // Without a condition the primary key alone gives the order: it ends with the page.
    const ordered = plans.filter(({ sql }) => sql.endsWith(`from "ocm_peer" order by "_id" limit (? + 0)`));
    expect(ordered.map(({ steps }) => steps)).toEqual([["SCAN ocm_peer USING INDEX sqlite_autoindex_ocm_peer_1"]]);
    for (const { sql, steps } of plans.filter((plan) => !ordered.includes(plan))) {
      const slow = steps.filter((step) => /TEMP B-TREE/.test(step) || /^SCAN (?!\(subquery)/.test(step));
      // The queue's own index holds nothing but what waits, in the order that is wanted, so it is read from its beginning.
      const isQueue = (step: string) => /USING (COVERING )?INDEX ocm_\w+_(due|outbox)$/.test(step);
      expect(
        slow.filter((step) => !isQueue(step)),
        `${sql}\n${steps.join("\n")}`,
      ).toEqual([]);
    }

    // What is looked for there may be one in a million: the sweep asks twice a minute.
    const ofFolders = plans.filter(({ sql }) => sql.includes(`"resource_type" = 'folder'`));
    const searches = ofFolders.flatMap(({ steps }) => steps.filter((step) => step.startsWith("SEARCH")));
    expect(searches).toHaveLength(6);
    for (const step of searches) expect(step).toContain("USING INDEX ocm_outgoing_live_folder (status=?");

    function explain(sql: string): string[] {
      return connection.handle
        .prepare(`explain query plan ${sql}`)
        .all()
        .map((row) => String(row.detail));
    }
  });
});

function cursor(...place: (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}
