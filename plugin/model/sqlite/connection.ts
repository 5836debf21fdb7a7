import { DatabaseSync, type StatementSync } from "node:sqlite";

/** One handle on a SQLite database, and its statements, each prepared once. */
export interface Connection {
  readonly handle: DatabaseSync;
  /** How a commit is brought to the disk. */
  readonly synchronous: "full" | "normal";
  /** Prepares a statement, or returns it as it was prepared before; rows come as arrays. */
  statement(sql: string): StatementSync;
  /** The text of every statement so far. */
  statements(): string[];
}

/** How long a statement waits, holding the event loop, for another process that writes, in milliseconds; `patiently` waits without. */
const BUSY_TIMEOUT = 5;

/**
 * Pages in the write-ahead log before they are copied into the database, ten times SQLite's own choice (so about 40 MiB of log):
 * pages that change often are then copied once. A received share cost 31 KiB written instead of 42.
 */
const CHECKPOINT_PAGES = 10_000;

/** Opens a database file, or one in memory for `:memory:`. @throws what node:sqlite throws */
export function connect(path: string, synchronous: "full" | "normal"): Connection {
  const handle = new DatabaseSync(path, { timeout: BUSY_TIMEOUT });
  try {
    handle.exec(
      `pragma journal_mode = wal;
       pragma synchronous = ${synchronous};
       pragma wal_autocheckpoint = ${CHECKPOINT_PAGES};`,
    );
  } catch (error) {
    handle.close();
    throw error;
  }
  const prepared = new Map<string, StatementSync>();
  return {
    handle,
    synchronous,
    statement(sql) {
      let statement = prepared.get(sql);
      if (statement === undefined) {
        statement = handle.prepare(sql);
        statement.setReturnArrays(true);
        prepared.set(sql, statement);
      }
      return statement;
    },
    statements: () => [...prepared.keys()],
  };
}
