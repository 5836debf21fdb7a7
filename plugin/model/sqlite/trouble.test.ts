import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Logger } from "../../ports/log.ts";
import type { Store } from "../../ports/store.ts";
import { contact, invite, outboxEntry } from "../contract/samples.ts";
import { gated } from "../gate.ts";
import { migrateSqlite } from "../migrations/sqlite.ts";
import { storeOn } from "../store.ts";
import { testSystem } from "../test-system.test-helper.ts";
import { sqliteBackend } from "./backend.ts";
import { type Connection, connect } from "./connection.ts";

let folder: string;
let path: string;
let connection: Connection;
let store: Store;
let said: string[];

/** A clock that runs only while somebody sleeps. */
let clock = 0;
const system = {
  ...testSystem,
  now: () => clock,
  sleep: async (ms: number) => {
    clock += ms;
    await testSystem.soon();
  },
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-"));
  path = join(folder, "ocm.sqlite");
  connection = connect(path, "full");
  await migrateSqlite(connection, system);
  said = [];
  const say = (_fields: object, message: string) => void said.push(message);
  const logger: Logger = { debug: say, info: say, warn: say, error: say, child: () => logger };
  store = storeOn(gated(sqliteBackend(connection, undefined, system), logger));
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const UNAVAILABLE = { code: "unavailable", retryAfter: expect.any(Number), cause: expect.any(Error) };

describe("A SQLite store in trouble", () => {
  it("refuses writes while the disk is full, keeps no half of them, and recovers by itself", async () => {
    const kept = invite();
    await store.invites.insert(kept);
    const { page_count: pages } = connection.handle.prepare("pragma page_count").get() ?? {};
    connection.handle.exec(`pragma max_page_count = ${Number(pages) + 4}`);
    const large = Array.from({ length: 5 }, () =>
      contact({ outbox: [outboxEntry(1, { body: { text: "x".repeat(50_000) } })] }),
    );
    for (const outcome of await Promise.allSettled(large.map((record) => store.contacts.insert(record)))) {
      expect(outcome).toMatchObject({ status: "rejected", reason: UNAVAILABLE });
    }
    expect(await store.invites.get(kept.id)).toEqual(kept);
    for (const { id } of large) expect(await store.contacts.get(id)).toBeUndefined();
    connection.handle.exec("pragma max_page_count = 1000000");
    for (const record of large) expect(await store.contacts.insert(record)).toBe(true);
    expect(connection.handle.prepare("pragma integrity_check").get()).toMatchObject({ integrity_check: "ok" });
    expect(said).toEqual([expect.stringContaining("cannot be written"), expect.stringContaining("again")]);
  });

  it("writes what still fits when one of a group is too large for the disk", async () => {
    const { page_count: pages } = connection.handle.prepare("pragma page_count").get() ?? {};
    connection.handle.exec(`pragma max_page_count = ${Number(pages) + 10}`);
    const small = Array.from({ length: 4 }, () => contact());
    const large = contact({ outbox: [outboxEntry(1, { body: { text: "x".repeat(500_000) } })] });
    const [first, ...others] = small;
    const outcomes = await Promise.allSettled(
      [first, large, ...others].map((record) => store.contacts.insert(record ?? large)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
      "fulfilled",
    ]);
    for (const record of small) expect(await store.contacts.get(record.id)).toEqual(record);
  });

  it("refuses writes while the database is read-only, and still reads", async () => {
    const record = invite();
    await store.invites.insert(record);
    connection.handle.exec("pragma query_only = on");
    await expect(store.invites.replace(record)).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.leases.acquire("a", "b", 1, 1)).rejects.toMatchObject(UNAVAILABLE);
    expect(await store.invites.get(record.id)).toEqual(record);
    connection.handle.exec("pragma query_only = off");
    expect(await store.invites.replace(record)).toBe(true);
  });

  it("waits for another process that writes, and refuses when that takes too long", async () => {
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    const started = clock;
    await expect(store.invites.insert(invite())).rejects.toMatchObject(UNAVAILABLE);
    expect(clock - started).toBeGreaterThanOrEqual(5000);
    const patient = store.invites.insert(invite());
    setTimeout(() => other.exec("commit"), 100);
    expect(await patient).toBe(true);
    other.close();
  });

  it("says that it cannot be read when it is broken", async () => {
    connection.handle.exec("drop table ocm_invite");
    await expect(store.invites.get("x")).rejects.toMatchObject({ code: "internal" });
  });
});
