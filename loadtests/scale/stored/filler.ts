import { closeSync, fsyncSync, openSync, statSync } from "node:fs";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { serveCalls } from "../../bench/process/calls.ts";
import { type Fate, isSent } from "./facts.ts";
import { rowOf, type Stored, type Template, type Templates } from "./rows.ts";

/** Which rows of the server are multiplied: the status of each, by what became of it. */
const STATUSES: Record<string, Fate> = {
  accepted: "accepted",
  pending: "pending",
  revoked: "over",
  declined: "over",
};
const TABLES = ["ocm_outgoing", "ocm_incoming"] as const;
type TableName = (typeof TABLES)[number];

/** Enough for the keys of ten million rows, on a machine that has it. */
const LARGEST_CACHE = 2 ** 30;
/** How long a writer waits for the server, in milliseconds. */
const BUSY_MS = 10_000;

let file = "";
let stored: Stored | undefined;
let templates: Record<TableName, Templates> | undefined;
let indexes: string[] = [];
let filling: DatabaseSync | undefined;
/** The last row of each table that was filled in. */
const filled: Record<TableName, number> = { ocm_outgoing: 0, ocm_incoming: 0 };

const calls = {
  /** Takes the rows that the server has written as templates, and empties the tables. The server has ended. */
  adopt(setup: { file: string; stored: Stored }): void {
    ({ file, stored } = setup);
    // The sorter of SQLite keeps its files there.
    process.env.SQLITE_TMPDIR = dirname(file);
    const database = new DatabaseSync(file, { timeout: BUSY_MS });
    templates = {
      ocm_outgoing: templatesIn(database, "ocm_outgoing"),
      ocm_incoming: templatesIn(database, "ocm_incoming"),
    };
    for (const table of TABLES) database.exec(`delete from ${table}`);
    database.close();
  },

  /** Makes ready for rows: nobody else has the database open. What keeps it whole in a crash is switched off. */
  begin(_nothing: null): void {
    calls.trim({ moreThan: 0 });
    filling = new DatabaseSync(file);
    const cache = Math.round(Math.min(LARGEST_CACHE, totalmem() / 8) / 1024);
    filling.exec(
      `pragma journal_mode = delete; pragma journal_mode = off; pragma synchronous = off; pragma locking_mode = exclusive;
       pragma cache_size = -${cache}; pragma threads = 2;`,
    );
    const made = filling.prepare(
      "select name, sql from sqlite_schema where type = 'index' and sql is not null and tbl_name in (?, ?)",
    );
    const found = made.all(...TABLES) as { name: string; sql: string }[];
    indexes = found.map(({ sql }) => sql);
    // Sorted at the end they take a part of the time that they would take row by row.
    for (const { name } of found) filling.exec(`drop index "${name}"`);
  },

  /** The shares with these numbers, the last one not included. */
  insert({ from, to }: { from: number; to: number }): void {
    const database = open();
    database.exec("begin");
    const inserts = {
      ocm_outgoing: inserter(database, "ocm_outgoing"),
      ocm_incoming: inserter(database, "ocm_incoming"),
    };
    for (let index = from; index < to; index += 1) inserts[isSent(index) ? "ocm_outgoing" : "ocm_incoming"](index);
    database.exec("commit");
  },

  /** The next index that was taken away. False: there is none left. */
  restoreIndex(_nothing: null): boolean {
    const sql = indexes.shift();
    if (sql !== undefined) open().exec(sql);
    return indexes.length > 0;
  },

  /** Ends the filling, when all of it is on the disk. @returns bytes of the file */
  finish(_nothing: null): number {
    const database = open();
    for (const table of TABLES) filled[table] = lastRow(database, table);
    database.close();
    filling = undefined;
    const handle = openSync(file, "r+");
    fsyncSync(handle);
    closeSync(handle);
    return statSync(file).size;
  },

  /** Takes away the shares that came since, where they are more than this. The server may be up, with nothing to do. */
  trim({ moreThan }: { moreThan: number }): void {
    const database = new DatabaseSync(file, { timeout: BUSY_MS });
    for (const table of TABLES) {
      if (lastRow(database, table) - filled[table] <= moreThan) continue;
      database.prepare(`delete from ${table} where rowid > ?`).run(filled[table]);
    }
    database.close();
  },
};

function open(): DatabaseSync {
  if (filling === undefined) throw new Error("The filling has not begun.");
  return filling;
}

function lastRow(database: DatabaseSync, table: TableName): number {
  return Number(database.prepare(`select max(rowid) as last from ${table}`).get()?.last ?? 0);
}

/** Rows about which the server has nothing left to do. */
function templatesIn(database: DatabaseSync, table: TableName): Templates {
  const found: Record<Fate, Template[]> = { accepted: [], pending: [], over: [] };
  for (const row of database.prepare(`select * from ${table} where outbox = '[]'`).all() as Template[]) {
    const fate = STATUSES[String(row.status)];
    if (fate !== undefined) found[fate].push(row);
  }
  for (const [fate, rows] of Object.entries(found)) {
    if (rows.length === 0) throw new Error(`The server has written no row of ${table} that is ${fate}.`);
  }
  return found;
}

function inserter(database: DatabaseSync, table: TableName): (index: number) => void {
  if (templates === undefined || stored === undefined) throw new Error("There are no templates.");
  const [own, common] = [templates[table], stored];
  const columns = Object.keys(own.accepted[0] ?? {});
  const places = columns.map(() => "?").join(", ");
  const statement = database.prepare(
    `insert into ${table} (${columns.map((name) => `"${name}"`).join(", ")}) values (${places})`,
  );
  return (index) => {
    const { template, own: different } = rowOf(index, own, common);
    statement.run(...columns.map((name) => different[name] ?? template[name] ?? null));
  };
}

export type FillerCalls = typeof calls;

serveCalls(calls);
