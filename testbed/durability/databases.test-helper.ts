import { MikroORM } from "@mikro-orm/mongodb";
import { databaseOf } from "../launcher/federation.ts";

/** A kind of database that server processes are tried with. */
export interface ServerDatabase {
  name: "SQLite" | "MongoDB";
  /** Of the server, without a database; absent for SQLite. */
  mongodb?: string;
}

/**
 * SQLite, and the MongoDB server that MONGODB_URI names, which scripts/with-mongodb.sh starts. It has to be there where
 * OCM_TEST_MONGODB is "required", as in CI.
 */
export function serverDatabases(): ServerDatabase[] {
  const mongodb = process.env.MONGODB_URI;
  if (mongodb !== undefined) return [{ name: "SQLite" }, { name: "MongoDB", mongodb }];
  const missing = "MONGODB_URI is not set: run the tests with scripts/with-mongodb.sh to include MongoDB.";
  if (process.env.OCM_TEST_MONGODB === "required") throw new Error(missing);
  console.info(missing);
  return [{ name: "SQLite" }];
}

/** What the driver's own database of a server can do. */
export type MongoDatabase = ReturnType<ReturnType<MikroORM["em"]["getConnection"]>["getDb"]>;

/** Works on the MongoDB database of the server of this name, beside the server. */
export async function withMongo<T>(
  mongodb: string,
  server: string,
  work: (database: MongoDatabase) => Promise<T>,
): Promise<T> {
  const orm = new MikroORM({
    clientUrl: databaseOf(mongodb, server),
    dbName: `ocm_${server}`,
    entities: [],
    discovery: { warnWhenNoEntities: false },
  });
  try {
    await orm.em.getConnection().connect();
    return await work(orm.em.getConnection().getDb());
  } finally {
    await orm.close(true);
  }
}
