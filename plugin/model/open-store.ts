import type { Logger } from "../ports/log.ts";
import type { Store } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import type { Backend } from "./backend.ts";
import { DatabaseRefused } from "./database-refused.ts";
import { parseDatabaseUrl } from "./database-url.ts";
import { gated } from "./gate.ts";
import { openMongo } from "./mongodb/backend.ts";
import { openSqlite } from "./sqlite/backend.ts";
import { storeOn } from "./store.ts";

export interface OpenStoreOptions {
  /** `file:PATH`, `file::memory:` or `mongodb://HOST/NAME`. */
  database: string;
  /** The origin whose OCM Addresses are in it: a database belongs to one. */
  origin: string;
  system: System;
  logger?: Logger;
  /** SQLite: flush each commit to the disk, or leave the last moments to a power cut. @default "full" */
  synchronous?: "full" | "normal";
  /** SQLite: be the one server process of this database. False for a short command beside a server. @default true */
  exclusive?: boolean;
}

/**
 * Opens the durable store of one server: makes or migrates the schema, and binds the database to the origin.
 * @throws DatabaseRefused with a sentence for the operator
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const store = storeOn(gated(await openBackend(options), options.logger));
  try {
    const { origin } = await store.fix("origin", { origin: options.origin });
    if (origin !== options.origin) {
      throw new DatabaseRefused(
        "other-origin",
        `The database belongs to ${String(origin)}, not to ${options.origin}: give each origin a database of its own.`,
      );
    }
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function openBackend({ database, system, synchronous = "full", exclusive = true }: OpenStoreOptions): Promise<Backend> {
  const location = parseDatabaseUrl(database);
  if (location.kind === "mongodb") return openMongo({ url: location.url, name: location.name, system });
  return openSqlite({ path: location.path, synchronous, exclusive, system });
}
