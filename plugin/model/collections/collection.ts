import type { EntitySchema } from "@mikro-orm/core";
import type { AnyAggregate, CopyJob } from "../../ports/records.ts";
import type { Collection } from "../../ports/store.ts";
import type { Backend } from "../backend.ts";
import { outboxKey } from "../entities/aggregate.ts";
import { bounded, equal, readPage } from "../page.ts";
import type { Table } from "../table.ts";

/** The order of listings: newest first. Each index for them ends in these fields. */
export const NEWEST_FIRST = { by: ["createdAt", "id"], descending: true } as const;

/** The table of a kind of aggregate. */
export function aggregateTable<R extends AnyAggregate | CopyJob>(
  backend: Backend,
  entity: EntitySchema,
  kind: R["kind"],
): Table<R> {
  return backend.table<R>(entity, { constant: { kind } as Partial<R>, beside: (record) => ({ ...outboxKey(record) }) });
}

/** What every collection of aggregates can do, on a table of either store. */
export function collection<R extends AnyAggregate | CopyJob>(table: Table<R>, kind: R["kind"]): Collection<R> {
  return {
    kind,
    insert: (record) => table.insert(record),
    get: (id) => table.get(id),
    replace(record, before) {
      const { id, version } = record;
      const isBefore = before?.id === id && before.version === version;
      return table.update({ ...record, version: version + 1 }, version, isBefore ? before : undefined);
    },
    remove: (id, version) => table.remove(id, version),
    due: (now, limit) =>
      table.find({
        where: [
          { field: "nextAt", is: "present" },
          { field: "nextAt", is: "<=", value: now },
          { field: "leaseUntil", is: "null or <=", value: now },
        ],
        order: { by: ["nextAt"] },
        limit: bounded(limit),
      }),
    async nextDue() {
      const [first] = await table.find({
        where: [{ field: "nextAt", is: "present" }],
        order: { by: ["nextAt"] },
        limit: 1,
      });
      return first?.nextAt ?? null;
    },
    withOutbox: ({ host, ...page }) =>
      readPage(
        table,
        {
          where: [...(host === undefined ? [] : equal({ outboxTo: host })), { field: "outboxTo", is: "present" }],
          order: { by: ["createdAt", "id"] },
        },
        page,
      ),
  };
}
