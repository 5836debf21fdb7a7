import type { EntitySchema } from "@mikro-orm/core";
import type { Leases } from "../ports/store.ts";
import type { Place, PlaceKey } from "./entities/resource-state.ts";
import type { ShapeOptions } from "./shape.ts";
import type { Table } from "./table.ts";

/** The writes of `FolderMarks` that no plain record says: each raises or keeps a version that it does not know. */
export interface MarkWrites {
  /** See `FolderMarks.bump`: all of them in one flush. */
  bump(places: readonly (Place & PlaceKey)[], now: number): Promise<void>;
  /** See `FolderMarks.saw`. */
  saw(place: Place & PlaceKey, digest: string, now: number, before?: string | null): Promise<boolean>;
}

/** One database, whichever it is. What differs between SQLite and MongoDB is behind this interface; the rest is written once. */
export interface Backend {
  table<R extends object>(entity: EntitySchema, options?: ShapeOptions<R>): Table<R>;
  leases: Leases;
  marks: MarkWrites;
  /** Adds one to a counter, or starts it at one with this end where its own has come. Returns the count. */
  bump(key: string, now: number, until: number): Promise<number>;
  /** Forgets the counters whose end has come. */
  sweepCounters(now: number): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
