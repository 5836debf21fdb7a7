import { p } from "@mikro-orm/core";
import type { Aggregate, OutboxEntry } from "../../ports/records.ts";

/** The properties that an entity has to have: each field of its record but `kind`, which the collection says. */
export type Fields<R> = Record<Exclude<keyof R, "kind">, unknown>;

/** Stored beside the outbox, so that both stores can index what is in it. Hidden: never part of a record. */
export interface OutboxKey {
  /** The peer whom entries are for: a record has one. "" where all of them are local, null where there are none. */
  outboxTo: string | null;
}

/** The outbox key of a record, computed with each write. */
export function outboxKey({ outbox }: Aggregate): OutboxKey {
  if (outbox.length === 0) return { outboxTo: null };
  return { outboxTo: outbox.find((entry) => entry.to !== null)?.to ?? "" };
}

/**
 * The properties of every aggregate. Times are integers in milliseconds: a `bigint` property would be a string on MongoDB.
 * There are no defaults and no hooks, because the writer goes past them.
 */
export function aggregateProperties() {
  return {
    id: p.string().primary().fieldName("_id"),
    version: p.integer(),
    createdAt: p.integer(),
    updatedAt: p.integer(),
    outbox: p.json<OutboxEntry[]>(),
    nextAt: p.integer().nullable(),
    leaseBy: p.string().nullable(),
    leaseUntil: p.integer().nullable(),
    outboxTo: p.string().nullable().hidden(),
  } satisfies Fields<Aggregate & OutboxKey>;
}

interface AggregateIndex {
  name: string;
  properties: ("id" | "createdAt" | "nextAt" | "leaseUntil" | "outboxTo")[];
  where: { nextAt?: { $gte: number }; outboxTo?: { $gte: string } };
}

/**
 * The indexes behind `due`, `nextDue` and `withOutbox`. They hold only records that wait for something, which few of a million
 * do. Their conditions are written so that SQLite and MongoDB both know them again in a query: see the condition `present`.
 */
export function aggregateIndexes(table: string): AggregateIndex[] {
  return [
    { name: `${table}_due`, properties: ["nextAt", "leaseUntil", "id"], where: { nextAt: { $gte: 0 } } },
    { name: `${table}_outbox`, properties: ["createdAt", "id"], where: { outboxTo: { $gte: "" } } },
    { name: `${table}_outbox_to`, properties: ["outboxTo", "createdAt", "id"], where: { outboxTo: { $gte: "" } } },
  ];
}
