import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

export interface YardstickDatabase {
  statement(sql: string): StatementSync;
  /** Runs a write; resolves when it is on the disk. What is written while the event loop goes round once is one group. */
  durably(write: () => void): Promise<void>;
}

/** SQLite with a write-ahead log and synchronous FULL; the log is copied back as seldom as the plugin does it. */
export function openDatabase(folder: string, schema: string): YardstickDatabase {
  const database = new DatabaseSync(join(folder, "yardstick.sqlite"));
  database.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 10000; ${schema}`);
  const begin = database.prepare("begin immediate");
  const commit = database.prepare("commit");
  let group: { write: () => void; done: () => void }[] = [];

  function writeGroup(): void {
    const writing = group;
    group = [];
    begin.run();
    for (const { write } of writing) write();
    commit.run();
    for (const { done } of writing) done();
  }

  return {
    statement: (sql) => database.prepare(sql),
    durably: (write) =>
      new Promise((done) => {
        if (group.length === 0) setImmediate(writeGroup);
        group.push({ write, done });
      }),
  };
}
