import { DatabaseRefused } from "../database-refused.ts";

/** The name under which `ocm_fixed` keeps the version of the schema. */
export const SCHEMA = "schema";

/**
 * Refuses what a newer version of this package has written: it may mean something that this one does not know.
 * @throws DatabaseRefused newer-schema
 */
export function refuseNewer(version: number, newest: number): void {
  if (version <= newest) return;
  throw new DatabaseRefused(
    "newer-schema",
    `The database has schema ${version}, but this version of koa-ocm knows only ${newest}: install the newer one again, or restore a backup.`,
  );
}

/** The version in the value that is kept under `SCHEMA`; 0 for a database without one. */
export function versionIn(value: unknown): number {
  if (typeof value !== "object" || value === null || !("version" in value)) return 0;
  return typeof value.version === "number" ? value.version : 0;
}
