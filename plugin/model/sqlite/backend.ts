import { type EntitySchema, MikroORM } from "@mikro-orm/core";
import { SqliteDriver } from "@mikro-orm/sql";
import type { System } from "../../ports/system.ts";
import type { Backend } from "../backend.ts";
import { DatabaseRefused } from "../database-refused.ts";
import { ENTITIES } from "../entities/all.ts";
import { migrateSqlite, sqliteIsCurrent } from "../migrations/sqlite.ts";
import { shapeOf } from "../shape.ts";
import { type Connection, connect } from "./connection.ts";
import { toOcmError } from "./failures.ts";
import { prepareFile } from "./file.ts";
import { sqliteMarks } from "./marks.ts";
import { patiently } from "./patience.ts";
import { type ServerLock, takeServerLock } from "./server-lock.ts";
import { sqliteTable } from "./table.ts";
import { createWriter } from "./writer.ts";

export interface SqliteOptions {
  /** A path, or `:memory:`. */
  path: string;
  synchronous: "full" | "normal";
  /** Be the one server process of this file; false for a short command beside it. */
  exclusive: boolean;
  system: System;
}

/** How long a command waits for another one that migrates, in looks of `MIGRATION_PAUSE` milliseconds. */
const MIGRATION_LOOKS = 100;
const MIGRATION_PAUSE = 50;

const ACQUIRE = `insert into "ocm_lease" ("_id", "owner", "until") values (?, ?, ?)
  on conflict do update set "owner" = excluded."owner", "until" = excluded."until"
  where "owner" = excluded."owner" or "until" <= ?`;
const RELEASE = `delete from "ocm_lease" where "_id" = ? and "owner" = ?`;
const BUMP = `insert into "ocm_counter" ("_id", "count", "until") values (?, 1, ?)
  on conflict do update set
    "count" = case when "until" <= ? then 1 else "count" + 1 end,
    "until" = case when "until" <= ? then excluded."until" else "until" end
  returning "count"`;
const SWEEP = `delete from "ocm_counter" where "until" <= ?`;
/** Along the index of what is due: a record that is leased has something to do. */
const END_LEASE = `set "lease_by" = null, "lease_until" = null where "next_at" >= 0 and "lease_until" >= 0`;
const AGGREGATES = ["ocm_outgoing", "ocm_incoming", "ocm_invite", "ocm_contact", "ocm_copy"];
const PING = `select "_id" from "ocm_fixed" limit 1`;

/** Opens a SQLite database and brings it to the newest schema. @throws DatabaseRefused */
export async function openSqlite(options: SqliteOptions): Promise<Backend> {
  const { system } = options;
  const file = options.path === ":memory:" ? undefined : prepareFile(options.path);
  const lock = options.exclusive && file !== undefined ? serverLock(file) : undefined;
  let connection: Connection | undefined;
  try {
    connection = await patiently(system, () => connect(file ?? options.path, options.synchronous));
    await bringUpToDate(connection, file, lock, system);
    if (lock !== undefined) await endLeases(connection, system);
    return sqliteBackend(connection, lock, system);
  } catch (cause) {
    connection?.handle.close();
    lock?.release();
    if (cause instanceof DatabaseRefused) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseRefused("unreadable", `The database ${options.path} cannot be used: ${reason}.`, { cause });
  }
}

/** What the one server process of before was busy with when it was killed is free at once: there is nobody else to wait for. */
async function endLeases({ handle }: Connection, system: System): Promise<void> {
  await patiently(system, () => handle.exec(AGGREGATES.map((table) => `update "${table}" ${END_LEASE};`).join("\n")));
}

function serverLock(file: string): ServerLock {
  const lock = takeServerLock(file);
  if (lock !== undefined) return lock;
  throw new DatabaseRefused(
    "in-use",
    `Another server process uses ${file}. SQLite serves one process per database: stop the other one, or use MongoDB.`,
  );
}

/** A command that has to migrate needs the server's lock meanwhile, so that no older server is at work under a newer schema. */
async function bringUpToDate(
  connection: Connection,
  file: string | undefined,
  held: ServerLock | undefined,
  system: System,
): Promise<void> {
  for (let look = 0; !sqliteIsCurrent(connection); look++) {
    if (held !== undefined || file === undefined) return migrateSqlite(connection, system);
    const lock = look < MIGRATION_LOOKS ? takeServerLock(file) : serverLock(file);
    try {
      if (lock !== undefined) await migrateSqlite(connection, system);
    } finally {
      lock?.release();
    }
    if (lock === undefined) await system.sleep(MIGRATION_PAUSE);
  }
}

/**
 * The backend on an open connection with the newest schema. MikroORM gives the entities their columns, on SQLite it never opens a
 * connection of its own: its query API took nine times as long as a prepared statement for a page of 50 (2.0 ms, 0.23 ms), and
 * writes values into the text of a query, which a NUL in a name cuts off.
 */
export function sqliteBackend(connection: Connection, lock: ServerLock | undefined, system: System): Backend {
  const { handle, statement } = connection;
  const writer = createWriter(connection, system);
  const metadata = new MikroORM({
    driver: SqliteDriver,
    dbName: ":memory:",
    entities: ENTITIES,
  }).getMetadata();

  return {
    table: (entity: EntitySchema, shapeOptions) =>
      sqliteTable(connection, writer, shapeOf(metadata.get(entity), shapeOptions)),
    leases: {
      acquire: (name, owner, now, ttl) =>
        writer.write(() => statement(ACQUIRE).run(name, owner, now + ttl, now).changes === 1),
      async release(name, owner) {
        await writer.write(() => statement(RELEASE).run(name, owner));
      },
    },
    marks: sqliteMarks(connection, writer),
    bump: (key, now, until) =>
      writer.write(() => {
        const [count] = Object.values(statement(BUMP).get(key, until, now, now) ?? []);
        return Number(count);
      }),
    async sweepCounters(now) {
      await writer.write(() => statement(SWEEP).run(now));
    },
    async ping() {
      try {
        statement(PING).get();
      } catch (error) {
        throw toOcmError(error);
      }
    },
    async close() {
      handle.close();
      lock?.release();
    },
  };
}
