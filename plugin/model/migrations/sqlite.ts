import type { System } from "../../ports/system.ts";
import type { Connection } from "../sqlite/connection.ts";
import { patiently } from "../sqlite/patience.ts";
import { SQLITE_1 } from "./sqlite-1.ts";
import { SQLITE_2 } from "./sqlite-2.ts";
import { SQLITE_3 } from "./sqlite-3.ts";
import { refuseNewer, SCHEMA, versionIn } from "./versions.ts";

/** The steps in order: the first makes schema 1 of an empty database, each further one the next of the one before. */
const STEPS: readonly string[] = [SQLITE_1, SQLITE_2, SQLITE_3];

/** Is there anything to do? @throws DatabaseRefused newer-schema */
export function sqliteIsCurrent(connection: Connection): boolean {
  const version = versionOf(connection);
  refuseNewer(version, STEPS.length);
  return version === STEPS.length;
}

/** Brings a database to the newest schema, in one transaction; of two processes at once, one does it. */
export async function migrateSqlite(connection: Connection, system: System): Promise<void> {
  const { handle } = connection;
  await patiently(system, () => handle.exec("begin immediate"));
  try {
    for (const step of STEPS.slice(versionOf(connection))) handle.exec(step);
    handle
      .prepare(`insert into "ocm_fixed" values (?, ?) on conflict do update set "value" = excluded."value"`)
      .run(SCHEMA, JSON.stringify({ version: STEPS.length }));
    handle.exec("commit");
  } catch (error) {
    if (handle.isTransaction) handle.exec("rollback");
    throw error;
  }
}

/** 0 for a database that has no schema of ours yet. */
function versionOf({ handle }: Connection): number {
  const hasTable = handle.prepare("select 1 from sqlite_master where name = 'ocm_fixed'").get() !== undefined;
  if (!hasTable) return 0;
  const row = handle.prepare(`select "value" from "ocm_fixed" where "_id" = ?`).get(SCHEMA);
  return row === undefined ? 0 : versionIn(JSON.parse(String(row.value)));
}
