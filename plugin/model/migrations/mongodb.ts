import type { Leases } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import { DatabaseRefused } from "../database-refused.ts";
import type { Fixed } from "../entities/server-state.ts";
import type { MongoCollection } from "../mongodb/driver.ts";
import type { Table } from "../table.ts";
import type { MongoIndex } from "./mongo-index.ts";
import { MONGODB_1 } from "./mongodb-1.ts";
import { MONGODB_2 } from "./mongodb-2.ts";
import { DROPPED_3, MONGODB_3 } from "./mongodb-3.ts";
import { refuseNewer, SCHEMA, versionIn } from "./versions.ts";

/** The steps in order; each may be repeated, for a process that is killed within one. */
const STEPS: readonly (typeof MONGODB_1)[] = [MONGODB_1, MONGODB_2, MONGODB_3];

/** A process that is killed while it migrates holds up others for this long, in milliseconds. */
const LEASE = 60_000;
const PAUSE = 50;
/** How long another process may take to migrate, in looks. */
const LOOKS = 2400;

export interface MongoMigration {
  fixed: Table<Fixed>;
  leases: Leases;
  system: System;
  collection(name: string): MongoCollection;
}

/** Brings a database to the newest schema; of several processes at once, one does it. @throws DatabaseRefused */
export async function migrateMongo({ fixed, leases, system, collection }: MongoMigration): Promise<void> {
  const owner = system.random("migration-owner", 16).toString("base64url");
  for (let look = 0; look < LOOKS; look++) {
    const version = versionIn((await fixed.get(SCHEMA))?.value);
    refuseNewer(version, STEPS.length);
    if (version === STEPS.length) return;
    if (await leases.acquire("migration", owner, system.now(), LEASE)) {
      try {
        // Asked again under the lock: the version may be another by now.
        await runSteps(versionIn((await fixed.get(SCHEMA))?.value));
      } finally {
        await leases.release("migration", owner);
      }
    } else {
      await system.sleep(PAUSE);
    }
  }
  throw new DatabaseRefused(
    "in-use",
    "Another process has been migrating the database for too long; start again later.",
  );

  async function runSteps(from: number): Promise<void> {
    for (const step of STEPS.slice(from)) {
      for (const [name, indexes] of Object.entries(step)) await collection(name).createIndexes(indexes.map(indexSpec));
    }
    for (const [name, dropped] of Object.entries(DROPPED_3)) {
      const there = new Set((await collection(name).indexes()).map((index) => index.name));
      for (const index of dropped) if (there.has(index)) await collection(name).dropIndex(index);
    }
    await fixed.put({ name: SCHEMA, value: { version: STEPS.length } });
  }
}

function indexSpec({ name, fields, where }: MongoIndex) {
  const key = Object.fromEntries(fields.map((field): [string, 1] => [field, 1]));
  return { name, key, ...(where === undefined ? {} : { partialFilterExpression: where }) };
}
