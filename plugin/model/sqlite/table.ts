import type { Shape } from "../shape.ts";
import type { Table } from "../table.ts";
import type { Connection } from "./connection.ts";
import { toOcmError } from "./failures.ts";
import { REMOVED_AT_ONCE, sqlFor } from "./sql.ts";
import type { Writer } from "./writer.ts";

/** Records of one kind on SQLite. Reads are answered at once: nothing else runs while a group is being written. */
export function sqliteTable<R extends object>({ statement }: Connection, writer: Writer, shape: Shape<R>): Table<R> {
  const sql = sqlFor(shape);
  const keyAt = shape.fields.indexOf(shape.key);

  async function read<T>(job: () => T): Promise<T> {
    try {
      return job();
    } catch (error) {
      throw toOcmError(error);
    }
  }

  return {
    get: (key) =>
      read(() => {
        const found = statement(sql.get).get(key);
        return found === undefined ? undefined : sql.record(columnsOf(found));
      }),
    find: (query) =>
      read(() => {
        const bound = sql.find(query);
        return statement(bound.sql)
          .all(...bound.values)
          .map((row) => sql.record(columnsOf(row)));
      }),
    first: (values) =>
      read(() => {
        const found = statement(sql.first(Object.keys(values))).get(...Object.values(values));
        return found === undefined ? undefined : sql.record(columnsOf(found));
      }),
    count: (where, limit) =>
      read(() => {
        const bound = sql.count(where, limit);
        const [count] = columnsOf(statement(bound.sql).get(...bound.values));
        return Number(count);
      }),
    async insert(record) {
      const values = sql.values(record);
      return writer.write(() => statement(sql.insert).run(...values).changes === 1);
    },
    async update(record, version, before) {
      if (version !== undefined && before !== undefined) {
        // SQLite renews each index of a column that is set, whatever its value was.
        const changes = sql.change(before, record, version);
        return writer.write(() => statement(changes.sql).run(...changes.values).changes === 1);
      }
      const row = sql.values(record);
      const values = [...row, ...row.slice(keyAt, keyAt + 1)];
      if (version === undefined) return writer.write(() => statement(sql.update).run(...values).changes === 1);
      return writer.write(() => statement(sql.updateVersion).run(...values, version).changes === 1);
    },
    async put(record) {
      const values = sql.values(record);
      await writer.write(() => statement(sql.put).run(...values));
    },
    async remove(key, version) {
      if (version === undefined) return writer.write(() => statement(sql.remove).run(key).changes === 1);
      return writer.write(() => statement(sql.removeVersion).run(key, version).changes === 1);
    },
    async removeAll(where) {
      const bound = sql.removeSome(where);
      let removed: number;
      do {
        removed = await writer.write(() => Number(statement(bound.sql).run(...bound.values).changes));
      } while (removed === REMOVED_AT_ONCE);
    },
  };
}

/** Statements of a connection return arrays, which the types of node:sqlite do not know. */
function columnsOf(row: unknown): readonly unknown[] {
  if (!Array.isArray(row)) throw new TypeError("A statement did not return an array.");
  return row;
}
