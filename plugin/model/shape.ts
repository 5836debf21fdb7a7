import { type EntityMetadata, JsonType } from "@mikro-orm/core";
import { OcmError } from "../protocol/errors.ts";

/** How the values of a field are stored on SQLite; MongoDB takes each as it is. */
export type FieldForm = "text" | "integer" | "boolean" | "json";

export interface Field {
  /** In the record, and on MongoDB. */
  name: string;
  /** On SQLite. */
  column: string;
  form: FieldForm;
  /** Part of the record; false for what is only stored beside it, to find it by (a hidden property of the entity). */
  own: boolean;
}

/** A record as it is stored: by field name, complete, with what is stored beside it. */
export type Row = Record<string, unknown>;

/** What a kind of record looks like in a database: read from MikroORM's metadata, so that entity and statements cannot drift. */
export interface Shape<R extends object> {
  table: string;
  fields: readonly Field[];
  key: Field;
  /** @throws OcmError internal when the record lacks a field */
  toRow(record: R): Row;
  /** @param valueAt gives the value of a field of the record; `at` is its place among those that are the record's own */
  toRecord(valueAt: (field: Field, at: number) => unknown): R;
}

/** What the entity alone does not say. */
export interface ShapeOptions<R extends object> {
  /** Values that are the same in each record, and not stored. */
  constant?: Partial<R>;
  /** What is stored beside a record. */
  beside?: (record: R) => Row;
}

export function shapeOf<R extends object>(meta: EntityMetadata, options: ShapeOptions<R> = {}): Shape<R> {
  const fields = meta.props.map((property): Field => {
    const [column = property.name] = property.fieldNames;
    return {
      name: property.name,
      column,
      form: property.customType instanceof JsonType ? "json" : formOf(property.type),
      own: property.hidden !== true,
    };
  });
  const key = fields.find((field) => field.column === "_id");
  if (key === undefined) throw new OcmError("internal", { message: `The entity ${meta.className} has no key.` });
  const own = fields.filter((field) => field.own);
  const newRow = copiesOf(Object.fromEntries(fields.map(({ name }) => [name, null])));
  const newRecord = copiesOf({ ...options.constant, ...Object.fromEntries(own.map(({ name }) => [name, null])) });
  return {
    table: meta.tableName,
    fields,
    key,
    toRow(record) {
      const given: Row = { ...record, ...options.beside?.(record) };
      const row = newRow();
      for (const { name } of fields) {
        if (given[name] === undefined) {
          throw new OcmError("internal", { message: `A record for ${meta.tableName} lacks the field ${name}.` });
        }
        row[name] = given[name];
      }
      return row;
    },
    toRecord(valueAt) {
      const record = newRecord();
      own.forEach((field, at) => {
        record[field.name] = valueAt(field, at);
      });
      return record as R;
    },
  };
}

/**
 * Makes objects whose values are then replaced. An object to which many properties are added one by one becomes a dictionary in V8, and
 * to copy that takes seven times as long; one that was parsed does not.
 */
function copiesOf(properties: Row): () => Row {
  const model: Row = JSON.parse(JSON.stringify(properties));
  return () => ({ ...model });
}

function formOf(type: string): FieldForm {
  if (type === "integer" || type === "boolean") return type;
  return "text";
}
