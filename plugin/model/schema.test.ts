import { DatabaseSync } from "node:sqlite";
import { type EntityMetadata, type EntitySchema, MikroORM } from "@mikro-orm/core";
import { NodeSqliteDialect, SqliteDriver, SqlMikroORM } from "@mikro-orm/sql";
import { describe, expect, it } from "vitest";
import { ENTITIES } from "./entities/all.ts";
import { MONGODB_1 } from "./migrations/mongodb-1.ts";
import { MONGODB_2 } from "./migrations/mongodb-2.ts";
import { DROPPED_3, MONGODB_3 } from "./migrations/mongodb-3.ts";
import { migrateSqlite, sqliteIsCurrent } from "./migrations/sqlite.ts";
import { SQLITE_1 } from "./migrations/sqlite-1.ts";
import { SQLITE_2 } from "./migrations/sqlite-2.ts";
import { SQLITE_3 } from "./migrations/sqlite-3.ts";
import { connect } from "./sqlite/connection.ts";
import { testSystem } from "./test-system.test-helper.ts";

/** What the steps up to the newest schema make. */
const SQLITE_STEPS = [SQLITE_1, SQLITE_2, SQLITE_3];
const MONGODB_STEPS = [MONGODB_1, MONGODB_2, MONGODB_3];

function tablesAndIndexes(...steps: string[]): string[] {
  const handle = new DatabaseSync(":memory:");
  for (const step of steps) handle.exec(step);
  const rows = handle.prepare("select sql from sqlite_master where sql is not null order by name").all();
  handle.close();
  return rows.map((row) =>
    String(row.sql)
      .replaceAll(/[`"\s]+/g, " ")
      .replaceAll(/ ?([(),]) ?/g, "$1"),
  );
}

describe("The schema that the migrations make", () => {
  it("is the one that MikroORM derives from the entities, on SQLite", async () => {
    const orm = new SqlMikroORM({
      driver: SqliteDriver,
      driverOptions: new NodeSqliteDialect(":memory:"),
      dbName: ":memory:",
      entities: [...ENTITIES],
    });
    expect(tablesAndIndexes(...SQLITE_STEPS)).toEqual(tablesAndIndexes(await orm.schema.getCreateSchemaSQL()));
    await orm.close(true);
  });

  it("is left as it is by a process that waited while another one made it", async () => {
    const connection = connect(":memory:", "full");
    expect(sqliteIsCurrent(connection)).toBe(false);
    await migrateSqlite(connection, testSystem);
    await migrateSqlite(connection, testSystem);
    expect(sqliteIsCurrent(connection)).toBe(true);
  });

  it("has the indexes of the entities, on MongoDB, and none that is unique", () => {
    const metadata = new MikroORM({ driver: SqliteDriver, dbName: ":memory:", entities: [...ENTITIES] }).getMetadata();
    const made = MONGODB_STEPS.flatMap((step) =>
      Object.entries(step).flatMap(([collection, indexes]) =>
        indexes.filter(({ name }) => !DROPPED_3[collection]?.includes(name)).map((index) => ({ collection, ...index })),
      ),
    );
    const entities: readonly EntitySchema[] = ENTITIES;
    const wanted = entities.flatMap((entity) => {
      const meta: EntityMetadata = metadata.get(entity);
      expect(meta.uniques).toEqual([]);
      return meta.indexes.map(({ name, properties, where }) => ({
        collection: meta.tableName,
        name,
        fields: [properties ?? []].flat().map((field) => (field === "id" ? "_id" : field)),
        ...(where === undefined ? {} : { where }),
      }));
    });
    const byName = (a: { name?: unknown }, b: { name?: unknown }) => (String(a.name) < String(b.name) ? -1 : 1);
    expect(made.toSorted(byName)).toEqual(wanted.toSorted(byName));
  });
});
