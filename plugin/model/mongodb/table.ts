import type { System } from "../../ports/system.ts";
import { equal } from "../page.ts";
import type { Row, Shape } from "../shape.ts";
import type { Table } from "../table.ts";
import type { MongoCollection } from "./driver.ts";
import { isDuplicate, toOcmError } from "./failures.ts";
import { filtersFor } from "./filter.ts";
import { createInserter } from "./inserter.ts";

/** Records of one kind on MongoDB. Documents have the names of the record's fields, but for the key, which is `_id`. */
export function mongoTable<R extends object>(collection: MongoCollection, shape: Shape<R>, system: System): Table<R> {
  const insertInGroup = createInserter(collection, system);
  const { stored, filter } = filtersFor(shape);
  const beside = Object.fromEntries(shape.fields.filter((field) => !field.own).map((field) => [stored(field.name), 0]));

  /** A copy: the driver reads it later, and the caller's record may be another by then. */
  function toDocument(record: R): Row {
    const { [shape.key.name]: key, ...rest } = structuredClone(shape.toRow(record));
    return { _id: key, ...rest };
  }

  function toRecord(document: Row): R {
    return shape.toRecord((field) => document[stored(field.name)]);
  }

  return {
    async get(key) {
      const found = await tell(collection.findOne({ _id: key } as Row, { projection: beside }));
      return found === null ? undefined : toRecord(found);
    },
    async find(query) {
      const direction = query.order?.descending === true ? -1 : 1;
      const cursor = collection.find(filter(query), {
        projection: beside,
        ...(query.order === undefined ? {} : { sort: query.order.by.map((by) => [stored(by), direction] as const) }),
        ...(query.limit === undefined ? {} : { limit: query.limit }),
      });
      return (await tell(cursor.toArray())).map(toRecord);
    },
    async first(values) {
      const found = await tell(collection.findOne(filter({ where: equal(values) }), { projection: beside }));
      return found === null ? undefined : toRecord(found);
    },
    count: (where, limit) => tell(collection.countDocuments(filter({ where }), { limit })),
    async insert(record) {
      return insertInGroup(toDocument(record));
    },
    async update(record, version) {
      const document = toDocument(record);
      const only = version === undefined ? {} : { version };
      const { matchedCount } = await tell(collection.replaceOne({ _id: document._id, ...only } as Row, document));
      return matchedCount === 1;
    },
    async put(record) {
      const document = toDocument(record);
      await tell(onceMore(() => collection.replaceOne({ _id: document._id } as Row, document, { upsert: true })));
    },
    async remove(key, version) {
      const only = version === undefined ? {} : { version };
      const { deletedCount } = await tell(collection.deleteOne({ _id: key, ...only } as Row));
      return deletedCount === 1;
    },
    async removeAll(where) {
      await tell(collection.deleteMany(filter({ where })));
    },
  };
}

/** Two upserts of one key at once: the loser is told that the key is taken, and then finds it. */
export async function onceMore<T>(upsert: () => Promise<T>): Promise<T> {
  try {
    return await upsert();
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    return upsert();
  }
}

/** Waits for the driver, with its errors as ours. */
export async function tell<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw toOcmError(error);
  }
}
