import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { AWKWARD, incomingShare, NOW, outboxEntry, outgoingShare } from "./contract/samples.ts";
import { connectMongo } from "./mongodb/driver.ts";
import { openStore } from "./open-store.ts";
import { databases } from "./test-databases.test-helper.ts";
import { ORIGIN, testSystem } from "./test-system.test-helper.ts";

const JSON_COLUMNS = [
  "outbox",
  "permissions",
  "requirements",
  "secret",
  "accessEvidence",
  "warnings",
  "lastKnown",
  "reason",
];
const BOOLEAN_COLUMNS = ["strict", "legacyBasic", "sent"];

/** The row of a table, with the names and values that MongoDB would have. */
function sqliteRow(path: string, table: string): Record<string, unknown> {
  const handle = new DatabaseSync(path, { readOnly: true });
  const row = handle.prepare(`select * from ${table}`).get() ?? {};
  handle.close();
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      const name =
        column === "_id" ? column : column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      if (value === null) return [name, null];
      if (JSON_COLUMNS.includes(name)) return [name, JSON.parse(String(value))];
      return [name, BOOLEAN_COLUMNS.includes(name) ? value === 1 : value];
    }),
  );
}

async function mongoDocument(url: string, collection: string): Promise<unknown> {
  const orm = await connectMongo(url, new URL(url).pathname.slice(1));
  const found = await orm.em.getConnection().getCollection(collection).findOne({});
  await orm.close(true);
  return found;
}

describe.each(databases().filter(({ durable }) => durable))("What is in the database on $name", ({ name, make }) => {
  it.each([
    ["ocm_incoming", incomingShare({ uri: AWKWARD, nextAt: NOW, outbox: [outboxEntry(1)] }), "peer.example.org"],
    ["ocm_incoming", incomingShare({ lastKnown: { size: null, modifiedAt: NOW, at: NOW } }), null],
    ["ocm_outgoing", outgoingShare({ sent: true, outbox: [outboxEntry(1, { to: null, type: "hook" })] }), ""],
  ])("is the record field by field, with its key as _id, in %s", async (table, record, outboxTo) => {
    const { url, drop } = await make();
    const store = await openStore({ database: url, origin: ORIGIN, system: testSystem });
    const { id, kind, ...fields } = record;
    if (record.kind === "incoming") await store.incoming.insert(record);
    else await store.outgoing.insert(record);
    await store.close();
    const raw = name === "MongoDB" ? await mongoDocument(url, table) : sqliteRow(url.slice("file:".length), table);
    expect(raw).toEqual({ _id: id, ...fields, outboxTo });
    await drop();
  });
});
