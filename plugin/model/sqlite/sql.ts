import type { Field, FieldForm, Shape } from "../shape.ts";
import type { Condition, FieldName, Query } from "../table.ts";

export type SqlValue = string | number | null;

/** A statement and what is bound to it, in turn. Values never become part of the text. */
export interface Bound {
  sql: string;
  values: SqlValue[];
}

/** A batch of removals holds the event loop for about 5 ms. */
export const REMOVED_AT_ONCE = 500;

/** The statements for one kind of record. */
export interface Sql<R extends object> {
  insert: string;
  put: string;
  /** All values, then the key. */
  update: string;
  /** All values, then the key and the version. */
  updateVersion: string;
  /**
   * Makes of one record the other, with the same key: sets what differs, where the stored version is `version`. Few sets of fields
   * change together, so there are few texts.
   */
  change(from: R, to: R, version: number): Bound;
  remove: string;
  removeVersion: string;
  get: string;
  find(query: Query): Bound;
  /** One record by the values of these fields. */
  first(fields: readonly FieldName[]): string;
  /** Removes what fits, at most `REMOVED_AT_ONCE` of it. */
  removeSome(where: readonly Condition[]): Bound;
  count(where: readonly Condition[], limit: number): Bound;
  /** The values of a record, in the order of the columns. */
  values(record: R): SqlValue[];
  record(columns: readonly unknown[]): R;
}

export function sqlFor<R extends object>(shape: Shape<R>): Sql<R> {
  const table = quoted(shape.table);
  const columns = shape.fields.map((field) => quoted(field.column));
  const own = shape.fields.filter((field) => field.own);
  const names = own.map((field) => quoted(field.column)).join(", ");
  const byName = new Map(shape.fields.map((field) => [field.name, field]));
  const insert = `insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`;
  const update = `update ${table} set ${columns.map((column) => `${column} = ?`).join(", ")} where "_id" = ?`;
  const firsts = new Map<string, string>();
  const remove = `delete from ${table} where "_id" = ?`;

  function field(name: string): Field {
    const found = byName.get(name);
    if (found === undefined) throw new TypeError(`${shape.table} has no field ${name}.`);
    return found;
  }
  const column = (name: string) => quoted(field(name).column);

  function condition(one: Condition): Bound {
    const name = column(one.field);
    switch (one.is) {
      case "present":
        // Word for word the condition of the partial index, else SQLite does not use it.
        return { sql: `${name} >= ${field(one.field).form === "integer" ? "0" : "''"}`, values: [] };
      case "the word":
        if (!/^[a-z]+$/.test(one.value)) throw new TypeError(`${one.value} is no word.`);
        return { sql: `${name} = '${one.value}'`, values: [] };
      case "null or <=":
        return { sql: `(${name} is null or ${name} <= ?)`, values: [one.value] };
      default:
        return { sql: `${name} ${one.is} ?`, values: [one.value] };
    }
  }

  function select(what: string, parts: readonly Bound[]): Bound {
    const where = parts.length === 0 ? "" : ` where ${parts.map((part) => part.sql).join(" and ")}`;
    return { sql: `select ${what} from ${table}${where}`, values: parts.flatMap((part) => part.values) };
  }

  function find({ where = [], anyOf, order, after, limit }: Query): Bound {
    const parts = where.map(condition);
    const direction = order?.descending === true ? " desc" : "";
    if (order !== undefined && after !== undefined) {
      const marks = after.map(() => "?").join(", ");
      const sql = `(${order.by.map(column).join(", ")}) ${order.descending === true ? "<" : ">"} (${marks})`;
      parts.push({ sql, values: [...after] });
    }
    const branches = branchesOf(anyOf, order !== undefined).map((branch) => select(names, [...branch, ...parts]));
    const ordering = order === undefined ? "" : ` order by ${order.by.map((by) => column(by) + direction).join(", ")}`;
    return {
      sql: branches.map((branch) => branch.sql).join(" union all ") + ordering + limitation(limit),
      values: [...branches.flatMap((branch) => branch.values), ...(limit === undefined || limit === 1 ? [] : [limit])],
    };
  }

  /** With an order, one select for each value: SQLite merges them along the index, where `in` would make it sort everything. */
  function branchesOf(anyOf: Query["anyOf"], ordered: boolean): Bound[][] {
    if (anyOf === undefined) return [[]];
    const name = column(anyOf.field);
    if (ordered) return anyOf.values.map((value) => [{ sql: `${name} = ?`, values: [value] }]);
    const values = padded(anyOf.values);
    return [[{ sql: `${name} in (${values.map(() => "?").join(", ")})`, values }]];
  }

  return {
    insert: `${insert} on conflict do nothing`,
    put: `${insert} on conflict ("_id") do update set ${columns.map((name) => `${name} = excluded.${name}`).join(", ")}`,
    update,
    updateVersion: `${update} and "version" = ?`,
    change(from, to, version) {
      const [before, after] = [shape.toRow(from), shape.toRow(to)];
      const differing = shape.fields.filter(({ name }) => before[name] !== after[name]);
      const sets = differing.map((one) => `${quoted(one.column)} = ?`).join(", ");
      const values = [...differing, shape.key].map(({ name, form }) => toSql(after[name], form));
      return { sql: `update ${table} set ${sets} where "_id" = ? and "version" = ?`, values: [...values, version] };
    },
    remove,
    removeVersion: `${remove} and "version" = ?`,
    get: `select ${names} from ${table} where "_id" = ?`,
    find,
    first(fields) {
      // Most of the time of such a look would go into the text of its statement.
      const key = fields.join();
      let text = firsts.get(key);
      if (text === undefined) {
        text = `select ${names} from ${table} where ${fields.map((one) => `${column(one)} = ?`).join(" and ")} limit 1`;
        firsts.set(key, text);
      }
      return text;
    },
    removeSome(where) {
      const inner = select("rowid", where.map(condition));
      return {
        sql: `delete from ${table} where rowid in (${inner.sql} limit ${REMOVED_AT_ONCE})`,
        values: inner.values,
      };
    },
    count(where, limit) {
      const inner = select("1", where.map(condition));
      return { sql: `select count(*) from (${inner.sql} limit (? + 0))`, values: [...inner.values, limit] };
    },
    values(record) {
      const row = shape.toRow(record);
      return shape.fields.map(({ name, form }) => toSql(row[name], form));
    },
    record(values) {
      return shape.toRecord(({ form }, at) => fromSql(values[at], form));
    },
  };
}

function toSql(value: unknown, form: FieldForm): SqlValue {
  if (value === null) return null;
  if (form === "json") return JSON.stringify(value);
  if (form === "boolean") return value === true ? 1 : 0;
  if (typeof value === "string" || typeof value === "number") return value;
  throw new TypeError(`A ${typeof value} cannot be stored in a field for ${form}.`);
}

function fromSql(value: unknown, form: FieldForm): unknown {
  if (value === null) return null;
  if (form === "json") return JSON.parse(String(value));
  if (form === "boolean") return value === 1;
  return value;
}

/** The values with the last one repeated, so that a dozen statements serve lists of every length. */
function padded(values: readonly string[]): string[] {
  let length = 1;
  while (length < values.length) length *= 2;
  return [...values, ...Array<string>(length - values.length).fill(values.at(-1) ?? "")];
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** SQLite prepares a statement anew each time a bare `limit ?` is bound; an expression, or a literal, it keeps. */
function limitation(limit: number | undefined): string {
  if (limit === undefined) return "";
  return limit === 1 ? " limit 1" : " limit (? + 0)";
}
