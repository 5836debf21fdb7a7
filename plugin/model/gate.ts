import type { Logger } from "../ports/log.ts";
import { OcmError } from "../protocol/errors.ts";
import type { Backend } from "./backend.ts";
import type { Table } from "./table.ts";

/**
 * The backend with an end: after `close` each call is refused, and `close` waits for those under way. It also tells the log once
 * when writing becomes impossible, and once when it is possible again.
 */
export function gated(backend: Backend, logger: Logger | undefined): Backend {
  let running = 0;
  let closing: Promise<void> | undefined;
  let becameIdle = () => {};
  let inTrouble = false;

  async function reading<T>(job: () => Promise<T>): Promise<T> {
    if (closing !== undefined) throw new OcmError("unavailable", { message: "The store is closed." });
    running += 1;
    try {
      return await job();
    } finally {
      running -= 1;
      if (running === 0) becameIdle();
    }
  }

  async function writing<T>(job: () => Promise<T>): Promise<T> {
    try {
      const result = await reading(job);
      if (inTrouble) logger?.info({}, "The database can be written again.");
      inTrouble = false;
      return result;
    } catch (error) {
      if (closing === undefined && !inTrouble && error instanceof OcmError && error.code === "unavailable") {
        inTrouble = true;
        logger?.error({ err: error.cause }, "The database cannot be written; what needs it is refused until it can.");
      }
      throw error;
    }
  }

  async function finish(): Promise<void> {
    if (running > 0) {
      await new Promise<void>((resolve) => {
        becameIdle = resolve;
      });
    }
    await backend.close();
  }

  return {
    table: (entity, options) => gatedTable(backend.table(entity, options), reading, writing),
    leases: {
      acquire: (name, owner, now, ttl) => writing(() => backend.leases.acquire(name, owner, now, ttl)),
      release: (name, owner) => writing(() => backend.leases.release(name, owner)),
    },
    marks: {
      bump: (places, now) => writing(() => backend.marks.bump(places, now)),
      saw: (place, digest, now, before) => writing(() => backend.marks.saw(place, digest, now, before)),
    },
    bump: (key, now, until) => writing(() => backend.bump(key, now, until)),
    sweepCounters: (now) => writing(() => backend.sweepCounters(now)),
    ping: () => reading(() => backend.ping()),
    close() {
      closing ??= finish();
      return closing;
    },
  };
}

type Pass = <T>(job: () => Promise<T>) => Promise<T>;

function gatedTable<R extends object>(table: Table<R>, reading: Pass, writing: Pass): Table<R> {
  return {
    get: (key) => reading(() => table.get(key)),
    find: (query) => reading(() => table.find(query)),
    first: (values) => reading(() => table.first(values)),
    count: (where, limit) => reading(() => table.count(where, limit)),
    insert: (record) => writing(() => table.insert(record)),
    update: (record, version, before) => writing(() => table.update(record, version, before)),
    put: (record) => writing(() => table.put(record)),
    remove: (key, version) => writing(() => table.remove(key, version)),
    removeAll: (where) => writing(() => table.removeAll(where)),
  };
}
