import { fileURLToPath } from "node:url";
import { DatabaseRefused } from "./database-refused.ts";

/** Where the model is kept. */
export type DatabaseLocation = { kind: "sqlite"; path: string } | { kind: "mongodb"; url: string; name: string };

/**
 * Reads the option `database`: `file:PATH` (relative to the working folder, or absolute), `file:///PATH` (percent-encoded, as
 * RFC 8089 says), `file::memory:`, `mongodb://…/NAME` or `mongodb+srv://…/NAME`.
 * @throws DatabaseRefused bad-url
 */
export function parseDatabaseUrl(database: string): DatabaseLocation {
  if (database.startsWith("file:")) {
    const path = database.startsWith("file://") ? pathOf(database) : database.slice("file:".length);
    if (path !== "") return { kind: "sqlite", path };
  }
  if (/^mongodb(\+srv)?:\/\//.test(database)) {
    const name = /^[^/]+\/\/[^/?]+\/([^/?]+)/.exec(database)?.[1];
    if (name === undefined) {
      throw new DatabaseRefused("bad-url", "The MongoDB URL names no database: end it with /NAME, before any options.");
    }
    return { kind: "mongodb", url: database, name: decodeURIComponent(name) };
  }
  throw new DatabaseRefused("bad-url", "The database has to be file:PATH, file::memory: or mongodb://HOST/NAME.");
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new DatabaseRefused("bad-url", "The file URL of the database names no path on this machine.", { cause });
  }
}
