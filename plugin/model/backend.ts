import type { EntitySchema } from "@mikro-orm/core";
import type { Leases } from "../ports/store.ts";
import type { ShapeOptions } from "./shape.ts";
import type { Table } from "./table.ts";

/** One database, whichever it is. What differs between SQLite and MongoDB is behind this interface; the rest is written once. */
export interface Backend {
  table<R extends object>(entity: EntitySchema, options?: ShapeOptions<R>): Table<R>;
  leases: Leases;
  /** Adds one to a counter, or starts it at one with this end where its own has come. Returns the count. */
  bump(key: string, now: number, until: number): Promise<number>;
  /** Forgets the counters whose end has come. */
  sweepCounters(now: number): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
