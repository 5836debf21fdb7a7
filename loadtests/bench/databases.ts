import { createRequire } from "node:module";

/** Databases of one run on a MongoDB server. */
export interface RunDatabases {
  /** URL of the database for one path. */
  nameOf(path: string): string;
  /** Removes all that were named. */
  drop(): Promise<void>;
}

/** The part of MongoDB's driver that is needed here. It comes with @mikro-orm/mongodb. */
interface Driver {
  MongoClient: new (url: string) => { db(name: string): { dropDatabase(): Promise<unknown> }; close(): Promise<void> };
}

/** @param server URL of the server; a database in it is not used */
export function mongodbDatabases(server: string): RunDatabases {
  const [, base = server, options = ""] = /^([^/]+:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(server) ?? [];
  const names = new Set<string>();
  return {
    nameOf(path) {
      const name = `ocm_bench_${process.pid}_${path}`;
      names.add(name);
      return `${base}/${name}${options}`;
    },
    async drop() {
      const here = createRequire(import.meta.url);
      const { MongoClient } = createRequire(here.resolve("@mikro-orm/mongodb"))("mongodb") as Driver;
      const client = new MongoClient(server);
      for (const name of names) await client.db(name).dropDatabase();
      await client.close();
    },
  };
}
