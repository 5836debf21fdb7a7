import { randomBytes } from "node:crypto";
import type { AppPassword } from "../../ports/records.ts";
import type { AppPasswords, Counters } from "../../ports/store.ts";

export interface MemoryPasswords extends AppPasswords {
  records: AppPassword[];
  /** Ids whose use was written. */
  written: string[];
}

/** App passwords in memory, in the order of their making. */
export function memoryPasswords(): MemoryPasswords {
  const records: AppPassword[] = [];
  const written: string[] = [];
  return {
    records,
    written,
    async insert(password) {
      if (records.some(({ id }) => id === password.id)) return false;
      records.push(password);
      return true;
    },
    byHash: async (hash) => records.find((record) => record.hash === hash),
    ofUser: async (user) => records.filter((record) => record.user === user),
    async used(id, at) {
      written.push(id);
      const index = records.findIndex((record) => record.id === id);
      const record = records[index];
      if (record !== undefined) records[index] = { ...record, lastUsedAt: at };
    },
    async remove(user, id) {
      const index = records.findIndex((record) => record.user === user && record.id === id);
      if (index !== -1) records.splice(index, 1);
      return index !== -1;
    },
  };
}

/** Counters in memory; `bumps` counts the writes. */
export function memoryCounters(): Counters & { bumps: number } {
  const counts = new Map<string, { count: number; until: number }>();
  const read = (key: string, now: number) => {
    const counter = counts.get(key);
    return counter === undefined || counter.until <= now ? undefined : counter;
  };
  const self = {
    bumps: 0,
    async bump(key: string, now: number, until: number) {
      self.bumps += 1;
      const counter = read(key, now) ?? { count: 0, until };
      counter.count += 1;
      counts.set(key, counter);
      return counter.count;
    },
    read: async (key: string, now: number) => read(key, now)?.count ?? 0,
    clear: async (key: string) => void counts.delete(key),
  };
  return self;
}

/** A clock that a test sets, and real randomness. */
export function handClock(at = Date.UTC(2026, 10, 25, 12)) {
  const self = { at, now: () => self.at, random: (_purpose: string, bytes: number) => randomBytes(bytes) };
  return self;
}

export function basic(userName: string, password: string): string {
  return `Basic ${Buffer.from(`${userName}:${password}`).toString("base64")}`;
}
