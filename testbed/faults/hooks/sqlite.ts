import { DatabaseSync, type StatementSync } from "node:sqlite";
import { isInTrouble, meetsTrouble, reached } from "./occasions.ts";

/** Tables, and collections, of the aggregates; peers and keys are written at other times too. */
export const AGGREGATES = /"?ocm_(?:outgoing|incoming|invite|contact)/;

const WRITE = /^(?:insert|update|delete)\b/;
const READS = ["get", "all", "iterate"] as const;
/** More tables than a small database has free pages for. */
const MOST_TABLES = 1000;

type Run = (...values: unknown[]) => ReturnType<StatementSync["run"]>;

/** Statements of node:sqlite as they are prepared. */
export function hookSqlite(): void {
  const { prepare } = DatabaseSync.prototype;
  let writes = false;
  DatabaseSync.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    const isWrite = WRITE.test(sql);
    const counts = isWrite && AGGREGATES.test(sql);
    const run = statement.run.bind(statement) as Run;
    statement.run = (...values: unknown[]) => {
      if (counts ? meetsTrouble("database-down") : isInTrouble("database-down")) throw lostDisk();
      if (counts ? meetsTrouble("disk-full") : isWrite && isInTrouble("disk-full")) fill(this);
      if (counts) writes = true;
      if (sql !== "commit") return run(...values);
      const isCounted = writes;
      writes = false;
      if (isCounted) reached("before-commit");
      const result = run();
      if (isCounted) reached("after-commit");
      return result;
    };
    for (const name of READS) {
      const read = statement[name].bind(statement) as (...values: unknown[]) => unknown;
      const guarded = (...values: unknown[]) => {
        if (isInTrouble("database-down")) throw lostDisk();
        return read(...values);
      };
      Object.defineProperty(statement, name, { value: guarded, configurable: true });
    }
    return statement;
  };
}

/** As SQLite says it of a disk that has gone away. */
function lostDisk(): Error {
  return Object.assign(new Error("disk I/O error"), {
    code: "ERR_SQLITE_ERROR",
    errcode: 10,
    errstr: "disk I/O error",
  });
}

/**
 * Lets SQLite find that there is no room for one page more, within the transaction that is open, which is rolled back then.
 *
 * @throws SQLite's own error of a full disk
 */
function fill(database: DatabaseSync): void {
  // SQLite takes the size that the database has for the least that may be demanded.
  database.exec("pragma max_page_count = 1");
  try {
    for (let made = 0; made < MOST_TABLES; made += 1) database.exec(`create table no_room_${made} (it)`);
  } finally {
    database.exec("pragma max_page_count = 4294967294");
  }
  throw new Error("The database has room although it may not grow.");
}
