import { DatabaseRefused } from "../database-refused.ts";
import { ENTITIES } from "../entities/all.ts";

type MongoPackage = typeof import("@mikro-orm/mongodb");
export type MongoOrm = InstanceType<MongoPackage["MikroORM"]>;
/** A collection of the MongoDB driver; its documents are checked by `shape.ts`. */
export type MongoCollection = ReturnType<ReturnType<MongoOrm["em"]["getConnection"]>["getCollection"]>;

/** How long an operation waits for a server that can take it, in milliseconds, unless the URL says otherwise. */
const SERVER_SELECTION = 5000;

/** How long a write waits for a majority, in milliseconds; after that it is not known to be durable. */
const MAJORITY = 10_000;

/**
 * The ORM on a MongoDB database. Writes are acknowledged by a majority, with their journal flushed, and reads see only what a
 * majority has, whatever the URL says: an answer to a peer must never rest on what a failover takes back.
 * @throws DatabaseRefused driver-missing, bad-url
 */
export async function connectMongo(url: string, name: string): Promise<MongoOrm> {
  const { MikroORM } = await loadPackage();
  try {
    const orm = new MikroORM({
      clientUrl: url,
      dbName: name,
      entities: [...ENTITIES],
      ensureIndexes: false,
      // MikroORM takes these from MIKRO_ORM_… variables, which may be the host application's own.
      host: "",
      user: "",
      password: "",
      driverOptions: {
        writeConcern: { w: "majority", journal: true, wtimeoutMS: MAJORITY },
        readConcern: { level: "majority" },
        readPreference: "primary",
        ignoreUndefined: true,
        ...(/[?&]serverSelectionTimeoutMS=/i.test(url) ? {} : { serverSelectionTimeoutMS: SERVER_SELECTION }),
      },
    });
    // Reads the URL, without connecting yet.
    orm.em.getConnection().getClient();
    return orm;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseRefused("bad-url", `The MongoDB URL cannot be used: ${reason}.`, { cause });
  }
}

async function loadPackage(): Promise<MongoPackage> {
  try {
    return await import("@mikro-orm/mongodb");
  } catch (cause) {
    throw new DatabaseRefused(
      "driver-missing",
      "MongoDB needs the package @mikro-orm/mongodb, at the version of @mikro-orm/core: npm install @mikro-orm/mongodb.",
      { cause },
    );
  }
}
