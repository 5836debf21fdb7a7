import type { Page, PageRequest } from "../ports/store.ts";
import { OcmError } from "../protocol/errors.ts";
import type { Condition, FieldName, Query, Table } from "./table.ts";

const LONGEST_PAGE = 1000;

/** A limit from 1 to 1000, whatever was asked for. */
export function bounded(limit: number): number {
  return Math.min(Math.max(Math.trunc(limit) || 1, 1), LONGEST_PAGE);
}

/** A page without its place: which records, in which order. The fields in `order` have to be unique together and never change. */
export interface PageQuery extends Omit<Query, "after" | "limit"> {
  order: { by: readonly FieldName[]; descending?: boolean };
}

/**
 * Reads one page. The cursor holds the place of the last item in the order, so records that come or go meanwhile never make
 * another one appear twice or be left out.
 * @throws OcmError bad-request for a cursor that is none of ours
 */
export async function readPage<R extends object>(
  table: Table<R>,
  query: PageQuery,
  { limit, after }: PageRequest,
): Promise<Page<R>> {
  const size = bounded(limit);
  const found = await table.find({
    ...query,
    limit: size + 1,
    ...(after === undefined ? {} : { after: readCursor(after, query.order.by.length) }),
  });
  const items = found.slice(0, size);
  const last = items.at(-1);
  if (found.length <= size || last === undefined) return { items };
  return { items, next: writeCursor(query.order.by.map((field) => Reflect.get(last, field))) };
}

/** The conditions that a field has this value, for each given. */
export function equal(values: Record<FieldName, string | number>): Condition[] {
  return Object.entries(values).map(([field, value]) => ({ field, is: "=", value }));
}

function writeCursor(values: unknown[]): string {
  return Buffer.from(JSON.stringify(values)).toString("base64url");
}

function readCursor(cursor: string, length: number): (string | number)[] {
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    values = undefined;
  }
  const isPlace = (value: unknown) => typeof value === "string" || Number.isSafeInteger(value);
  if (!Array.isArray(values) || values.length !== length || !values.every(isPlace)) {
    throw new OcmError("bad-request", { message: "The page cursor is not one that this server gave." });
  }
  return values;
}
