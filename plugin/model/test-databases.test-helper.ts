import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMongo } from "./mongodb/driver.ts";

/** A kind of database that tests run on. */
export interface TestDatabase {
  name: "SQLite file" | "SQLite in memory" | "MongoDB";
  /** Can it be opened again after it was closed? */
  durable: boolean;
  /** A new, empty database, as the option `database` names it; `drop` removes it. */
  make(): Promise<{ url: string; drop(): Promise<void> }>;
}

/**
 * Every kind of database that there is here, for `describe.each`. MongoDB is the server that MONGODB_URI names
 * (`scripts/with-mongodb.sh` starts one); without it its cases are left out, unless OCM_TEST_MONGODB is "required", as it is in CI.
 */
export function databases(): TestDatabase[] {
  const uri = process.env.MONGODB_URI;
  const sqlite: TestDatabase[] = [
    { name: "SQLite file", durable: true, make: makeFile },
    { name: "SQLite in memory", durable: false, make: async () => ({ url: "file::memory:", drop: async () => {} }) },
  ];
  if (uri !== undefined) return [...sqlite, { name: "MongoDB", durable: true, make: () => makeMongo(uri) }];
  const missing = "MONGODB_URI is not set: run the tests with scripts/with-mongodb.sh to include MongoDB.";
  if (process.env.OCM_TEST_MONGODB === "required") throw new Error(missing);
  console.info(missing);
  return sqlite;
}

async function makeFile() {
  const folder = await mkdtemp(join(tmpdir(), "koa-ocm-"));
  return { url: `file:${join(folder, "ocm.sqlite")}`, drop: () => rm(folder, { recursive: true }) };
}

async function makeMongo(uri: string) {
  const [, server = "", query = ""] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)[^?]*(.*)$/.exec(uri) ?? [];
  const name = `ocm_test_${randomBytes(6).toString("hex")}`;
  const url = `${server}/${name}${query}`;
  return {
    url,
    async drop() {
      const orm = await connectMongo(url, name);
      await orm.em.getConnection().getDb().dropDatabase();
      await orm.close(true);
    },
  };
}
