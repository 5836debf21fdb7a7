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
    await bindToOrigin(store, options.origin);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Makes the database this origin's, once and for all. @throws DatabaseRefused other-origin */
export async function bindToOrigin(store: Pick<Store, "fix">, origin: string): Promise<void> {
  const bound = await store.fix("origin", { origin });
  if (bound.origin === origin) return;
  throw new DatabaseRefused(
    "other-origin",
    `The database belongs to ${String(bound.origin)}, not to ${origin}: give each origin a database of its own.`,
  );
}

function openBackend({ database, system, synchronous = "full", exclusive = true }: OpenStoreOptions): Promise<Backend> {
  const location = parseDatabaseUrl(database);
  if (location.kind === "mongodb") return openMongo({ url: location.url, name: location.name, system });
  return openSqlite({ path: location.path, synchronous, exclusive, system });
}
