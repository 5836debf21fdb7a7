import { createRequire } from "node:module";
import { reached } from "./occasions.ts";
import { AGGREGATES } from "./sqlite.ts";

/** The collections of the driver that @mikro-orm/mongodb uses, which is no dependency of this package itself. */
export function hookMongo(): void {
  const here = createRequire(import.meta.url);
  const { Collection } = createRequire(here.resolve("@mikro-orm/mongodb"))("mongodb") as {
    Collection: { prototype: Record<string, (...values: unknown[]) => Promise<unknown>> };
  };
  for (const name of ["insertMany", "replaceOne", "deleteOne"]) {
    const write = Collection.prototype[name];
    if (write === undefined) throw new Error(`The driver has no ${name}.`);
    Collection.prototype[name] = async function (this: { collectionName: string }, ...values) {
      const counts = AGGREGATES.test(this.collectionName);
      if (counts) reached("before-commit");
      const result = await write.apply(this, values);
      if (counts) reached("after-commit");
      return result;
    };
  }
}
