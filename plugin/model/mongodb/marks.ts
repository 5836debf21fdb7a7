import type { MarkWrites } from "../backend.ts";
import type { Row } from "../shape.ts";
import type { MongoCollection } from "./driver.ts";
import { onceMore, tell } from "./table.ts";

/** Each mark is written by one atomic update, which makes it where there is none; to repeat one does no harm. */
export function mongoMarks(collection: MongoCollection): MarkWrites {
  return {
    async bump(places, now) {
      const writes = places.map(({ id, tree, path }) => ({
        updateOne: {
          filter: { _id: id } as Row,
          update: [
            {
              $set: {
                // Else a name that begins with "$" would be read as a field.
                tree: { $literal: tree },
                path: { $literal: path },
                version: { $max: [{ $add: ["$version", 1] }, now] },
                digest: { $ifNull: ["$digest", null] },
                sweptAt: { $ifNull: ["$sweptAt", null] },
              },
            },
          ],
          upsert: true,
        },
      }));
      await tell(onceMore(() => collection.bulkWrite(writes, { ordered: false })));
    },
    async saw({ id, tree, path }, digest, now) {
      const update = { $set: { digest, sweptAt: now }, $setOnInsert: { tree, path, version: now } };
      await tell(onceMore(() => collection.updateOne({ _id: id } as Row, update, { upsert: true })));
    },
  };
}
