import type { EntitySchema } from "@mikro-orm/core";
import type { Leases } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import type { Backend } from "../backend.ts";
import { DatabaseRefused } from "../database-refused.ts";
import { FolderMarkEntity } from "../entities/resource-state.ts";
import { CounterEntity, type Fixed, FixedEntity, LeaseEntity } from "../entities/server-state.ts";
import { migrateMongo } from "../migrations/mongodb.ts";
import { type Row, shapeOf } from "../shape.ts";
import { connectMongo, type MongoCollection, type MongoOrm } from "./driver.ts";
import { isDuplicate, toOcmError } from "./failures.ts";
import { mongoMarks } from "./marks.ts";
import { mongoTable, tell } from "./table.ts";

export interface MongoOptions {
  url: string;
  /** Of the database. */
  name: string;
  system: System;
}

/** Opens a MongoDB database (a replica set, a sharded cluster or one server) and brings it to the newest schema. @throws DatabaseRefused */
export async function openMongo({ url, name, system }: MongoOptions): Promise<Backend> {
  const orm = await connectMongo(url, name);
  const backend = mongoBackend(orm, system);
  try {
    await migrateMongo({
      fixed: backend.table<Fixed>(FixedEntity),
      leases: backend.leases,
      system,
      collection: (collection) => orm.em.getConnection().getCollection(collection),
    });
    return backend;
  } catch (error) {
    await orm.close(true);
    if (error instanceof DatabaseRefused) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseRefused("unreadable", `The MongoDB database ${name} cannot be used: ${reason}.`, { cause });
  }
}

function mongoBackend(orm: MongoOrm, system: System): Backend {
  const collectionOf = (entity: EntitySchema) => orm.em.getConnection().getCollection(entity);
  const counters = collectionOf(CounterEntity);

  return {
    table: (entity, options) =>
      mongoTable(collectionOf(entity), shapeOf(orm.getMetadata().get(entity), options), system),
    leases: mongoLeases(collectionOf(LeaseEntity)),
    marks: mongoMarks(collectionOf(FolderMarkEntity)),
    bump: (key, now, until) => tell(bump(counters, key, now, until)),
    async sweepCounters(now) {
      await tell(counters.deleteMany({ until: { $lte: now } }));
    },
    async ping() {
      await tell(counters.findOne({}, { projection: { _id: 1 } }));
    },
    close: () => orm.close(true),
  };
}

async function bump(counters: MongoCollection, key: string, now: number, until: number): Promise<number> {
  const hasEnded = { $lte: ["$until", now] };
  const next = {
    $set: {
      count: { $cond: [hasEnded, 1, { $add: ["$count", 1] }] },
      until: { $cond: [hasEnded, until, "$until"] },
    },
  };
  for (;;) {
    const counter: Row | null = await counters.findOneAndUpdate({ _id: key } as Row, [next], {
      returnDocument: "after",
    });
    if (counter !== null) return Number(counter.count);
    try {
      await counters.insertOne({ _id: key, count: 1, until } as Row);
      return 1;
    } catch (error) {
      // Another process has made the counter in between: add to that one.
      if (!isDuplicate(error)) throw error;
    }
  }
}

function mongoLeases(collection: MongoCollection): Leases {
  return {
    async acquire(name, owner, now, ttl) {
      const free = { _id: name, $or: [{ owner }, { until: { $lte: now } }] } as Row;
      try {
        await collection.updateOne(free, { $set: { owner, until: now + ttl } }, { upsert: true });
        return true;
      } catch (error) {
        // The lease is there and not free, so the upsert could only try to make a second one.
        if (isDuplicate(error)) return false;
        throw toOcmError(error);
      }
    },
    async release(name, owner) {
      await tell(collection.deleteOne({ _id: name, owner } as Row));
    },
  };
}
