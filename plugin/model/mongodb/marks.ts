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
    async saw({ id, tree, path }, digest, now, before) {
      const set = { $set: { digest, sweptAt: now } };
      const made = { ...set, $setOnInsert: { tree, path, version: now } };
      if (before === undefined) {
        await tell(onceMore(() => collection.updateOne({ _id: id } as Row, made, { upsert: true })));
        return true;
      }
      const { matchedCount } = await tell(collection.updateOne({ _id: id, digest: before } as Row, set));
      if (matchedCount === 1) return true;
      // Where there is no mark it is made; a mark with another digest is left as it is.
      const whole = { $setOnInsert: { tree, path, version: now, digest, sweptAt: now } };
      const { upsertedCount } = await tell(
        onceMore(() => collection.updateOne({ _id: id } as Row, whole, { upsert: true })),
      );
      return upsertedCount === 1;
    },
  };
}
