import type { Signer } from "../ports/crypto.ts";
import type { Logger } from "../ports/log.ts";
import type { PeerFailure } from "../ports/peer-client.ts";
import type { PeerRecord } from "../ports/records.ts";
import type { Peers } from "../ports/store.ts";
import type { System } from "../ports/system.ts";

/** A registry of peers in memory that counts its writes. */
export function memoryPeers(): Peers & { records: Map<string, PeerRecord>; writes: number } {
  const records = new Map<string, PeerRecord>();
  return {
    records,
    writes: 0,
    get: async (host) => records.get(host),
    async put(record) {
      this.writes += 1;
      records.set(record.host, record);
    },
    async list({ limit, after = "" }) {
      const items = [...records.values()].filter(({ host }) => host > after).sort((a, b) => (a.host < b.host ? -1 : 1));
      const page = items.slice(0, limit);
      const last = page.at(-1);
      return { items: page, ...(items.length > limit && last ? { next: last.host } : {}) };
    },
    async remove(host) {
      records.delete(host);
    },
  };
}

/** A logger that keeps its sentences. */
export function listLogger(): Logger & { lines: string[] } {
  const lines: string[] = [];
  const add = (_fields: object, message: string) => {
    lines.push(message);
  };
  const logger = { lines, debug: add, info: add, warn: add, error: add, child: () => logger };
  return logger;
}

/** Marks a request as signed for its URL, without cryptography. */
export const markingSigner: Signer = {
  async sign({ targetUri, body }) {
    return { "content-length": String(body.length), signature: `signed:${targetUri}` };
  },
};

export interface TestClock {
  now: number;
  /** Moves the clock and wakes those who have slept long enough. */
  advance(ms: number): Promise<void>;
}

/** The machine with a clock of the test's own: time passes only when the test says so. */
export function withTestClock(real: System): { system: System; clock: TestClock } {
  const sleepers = new Set<{ until: number; wake(): void }>();
  const clock: TestClock = {
    now: 1_800_000_000_000,
    async advance(ms) {
      const end = this.now + ms;
      await real.soon();
      for (;;) {
        const next = [...sleepers].filter(({ until }) => until <= end).sort((a, b) => a.until - b.until)[0];
        if (next === undefined) break;
        this.now = Math.max(this.now, next.until);
        next.wake();
        await real.soon();
      }
      this.now = end;
      await real.soon();
    },
  };
  const system: System = {
    ...real,
    now: () => clock.now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = {
          until: clock.now + ms,
          wake() {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", sleeper.wake, { once: true });
      }),
  };
  return { system, clock };
}

/** The failure of a promise that has to fail. */
export function failureOf(promise: Promise<unknown>): Promise<PeerFailure> {
  return promise.then(
    () => {
      throw new Error("It did not fail.");
    },
    (error) => error,
  );
}
