import type { Table } from "../table.ts";

/** Writes a record over the version before its own, or as the first one. False: another version is stored. */
export function versionedPut<R extends { version: number }>(table: Table<R>, record: R): Promise<boolean> {
  return record.version === 1 ? table.insert(record) : table.update(record, record.version - 1);
}
