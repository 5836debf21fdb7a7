import { DatabaseSync } from "node:sqlite";
import { failureKind } from "./failures.ts";
import { prepareFile } from "./file.ts";

/** The right to be the one server process of a database file. */
export interface ServerLock {
  release(): void;
}

/**
 * Takes the lock beside a database file, or returns undefined where another process, or another store in this one, has it.
 *
 * The lock is SQLite's own, on the empty file `<database>-lock`: a write transaction that is never committed. So the operating
 * system frees it in the moment when the process ends, by kill -9 too; there is no lease to run out, and no process id that means
 * something else in another container.
 */
export function takeServerLock(databasePath: string): ServerLock | undefined {
  const handle = new DatabaseSync(prepareFile(`${databasePath}-lock`), { timeout: 0 });
  try {
    handle.exec("begin immediate");
  } catch (error) {
    handle.close();
    if (failureKind(error) === "busy") return undefined;
    throw error;
  }
  return { release: () => handle.close() };
}
