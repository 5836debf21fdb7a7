import type { JsonObject, KeyRecord, PeerRecord } from "../../ports/records.ts";
import type { Counters, Keys, Peers, Store } from "../../ports/store.ts";
import { OcmError } from "../../protocol/errors.ts";
import type { Backend } from "../backend.ts";
import {
  type Counter,
  CounterEntity,
  type Fixed,
  FixedEntity,
  KeyEntity,
  PeerEntity,
} from "../entities/server-state.ts";
import { readPage } from "../page.ts";

/** How often forgotten counters are swept, in milliseconds. */
const SWEEP_EVERY = 60_000;

export function peers(backend: Backend): Peers {
  const table = backend.table<PeerRecord>(PeerEntity);
  return {
    get: (host) => table.get(host),
    put: (record) => table.put(record),
    list: (page) => readPage(table, { order: { by: ["host"] } }, page),
    async remove(host) {
      await table.remove(host);
    },
  };
}

export function keys(backend: Backend): Keys {
  const table = backend.table<KeyRecord>(KeyEntity);
  return {
    list: () => table.find({ order: { by: ["id"] } }),
    insert: (record) => table.insert(record),
    async update(record) {
      await table.update(record);
    },
    async remove(id) {
      await table.remove(id);
    },
  };
}

/** Counters whose end has come are removed now and then, so that guesses from ever new hosts do not fill the database. */
export function counters(backend: Backend): Counters {
  const table = backend.table<Counter>(CounterEntity);
  let sweepAt = 0;
  return {
    async bump(key, now, until) {
      if (now >= sweepAt) {
        sweepAt = now + SWEEP_EVERY;
        await backend.sweepCounters(now);
      }
      return backend.bump(key, now, until);
    },
    async read(key, now) {
      const counter = await table.get(key);
      return counter === undefined || counter.until <= now ? 0 : counter.count;
    },
    async clear(key) {
      await table.remove(key);
    },
  };
}

/** `Store.fix`: who comes first decides, everybody else is told the value. */
export function fixing(backend: Backend): Store["fix"] {
  const table = backend.table<Fixed>(FixedEntity);
  return async (name: string, value: JsonObject) => {
    if (await table.insert({ name, value })) return value;
    const stored = await table.get(name);
    if (stored === undefined) throw new OcmError("unavailable", { retryAfter: 1 });
    return stored.value;
  };
}
