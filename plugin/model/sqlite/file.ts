import { closeSync, openSync, realpathSync } from "node:fs";
import { DatabaseRefused } from "../database-refused.ts";

/**
 * Makes sure that the database file is there, and readable by its owner alone where it is new: it holds keys. Returns its real
 * path, so that two names of one file have one lock.
 * @throws DatabaseRefused unreadable
 */
export function prepareFile(path: string): string {
  try {
    closeSync(openSync(path, "a", 0o600));
    return realpathSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseRefused("unreadable", `The database file ${path} cannot be opened: ${reason}.`, { cause });
  }
}
