import { OcmError } from "../../protocol/errors.ts";
import type { Place } from "../entities/resource-state.ts";
import { equal } from "../page.ts";
import type { Table } from "../table.ts";
import { within } from "./within.ts";

const MOST_PATHS = 1000;

/**
 * The records of those of these paths that have one. By the index of paths, and not by keys: neighbours are near each other there,
 * and 1000 hashes took longer than 1000 look-ups.
 * @throws OcmError internal for more than 1000 paths
 */
export async function ofPaths<R extends Place>(table: Table<R>, tree: string, paths: readonly string[]): Promise<R[]> {
  if (paths.length === 0) return [];
  if (paths.length > MOST_PATHS) {
    throw new OcmError("internal", { message: `At most ${MOST_PATHS} paths can be asked for at once.` });
  }
  return table.find({ where: equal({ tree }), anyOf: { field: "path", values: paths } });
}

/** Removes the records of a path and of everything below it; "/" for the whole tree. */
export async function removeWithin<R extends Place>(table: Table<R>, tree: string, path: string): Promise<void> {
  for (const where of within({ tree }, path)) await table.removeAll(where);
}
