import type { Logger } from "../ports/log.ts";
import type { PeerRecord } from "../ports/records.ts";
import type { Peers } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import { createLru } from "./lru.ts";

const WRITE_DELAY = 1_000;
const SEEN_PRECISION = 60_000;
const MAX_WAITING = 10_000;
const MAX_REMEMBERED = 10_000;

export type PeerNote = Partial<Omit<PeerRecord, "host" | "updatedAt">>;

/**
 * The registry of peers (draft section 2, TERM-06 to TERM-09), written behind: what is learnt is kept in memory and written within a
 * second, so that no request waits for it. A peer gets a record only once this server has turned to it; strangers who merely knock
 * cannot fill the store.
 */
export interface PeerBook {
  /** Remembers what was learnt; written only if the peer has a record or `admit` was called for it. */
  note(host: string, note: PeerNote): void;
  /** From now on the peer has a record. True: it is the first time in this process. */
  admit(host: string): boolean;
  /** Has `admit` been called for it in this process? */
  isAdmitted(host: string): boolean;
  /** The peer has answered just now; kept to the minute. */
  seen(host: string): void;
  /** Peers that were admitted and have answered, in this process. */
  allSeen(): Iterable<string>;
  get(host: string): Promise<PeerRecord | undefined>;
  /** Writes what waits. */
  flush(): Promise<void>;
  /** Writes what waits and starts no more writes. */
  close(): Promise<void>;
}

export function createPeerBook(options: { store: Peers; system: System; logger: Logger }): PeerBook {
  const { store, system, logger } = options;
  const waiting = createLru<PeerNote>({ maxEntries: MAX_WAITING });
  const admitted = createLru<{ seenAt: number }>({ maxEntries: MAX_REMEMBERED });
  const closing = new AbortController();
  let writing = Promise.resolve();
  let scheduled = false;

  const write = async (host: string, note: PeerNote) => {
    const stored = await store.get(host);
    if (stored === undefined && admitted.get(host) === undefined) return;
    await store.put({ ...(stored ?? emptyRecord(host)), ...note, updatedAt: system.now() });
  };
  const writeAll = async () => {
    for (const [host, note] of [...waiting.entries()]) {
      try {
        await write(host, note);
      } catch (error) {
        logger.warn({ peer: host, err: error }, "What was learnt of a peer could not be written.");
      }
      // What came meanwhile has made a new note of it.
      if (waiting.get(host) === note) waiting.delete(host);
    }
  };
  // One write after the other: each reads the record that it changes.
  const flush = () => {
    writing = writing.then(writeAll);
    return writing;
  };
  const schedule = async () => {
    if (scheduled || closing.signal.aborted) return;
    scheduled = true;
    await system.sleep(WRITE_DELAY, closing.signal);
    scheduled = false;
    await flush();
  };
  const note: PeerBook["note"] = (host, learnt) => {
    waiting.set(host, { ...waiting.get(host), ...learnt });
    void schedule();
  };
  return {
    note,
    admit(host) {
      if (admitted.get(host) !== undefined) return false;
      admitted.set(host, { seenAt: -Infinity });
      return true;
    },
    isAdmitted: (host) => admitted.get(host) !== undefined,
    seen(host) {
      const peer = admitted.get(host);
      const now = system.now();
      if (peer === undefined || now - peer.seenAt < SEEN_PRECISION) return;
      peer.seenAt = now;
      note(host, { lastSeenAt: now });
    },
    *allSeen() {
      for (const [host, { seenAt }] of admitted.entries()) if (seenAt > -Infinity) yield host;
    },
    async get(host) {
      const stored = await store.get(host);
      const news = waiting.get(host);
      if (news === undefined || (stored === undefined && admitted.get(host) === undefined)) return stored;
      return { ...(stored ?? emptyRecord(host)), ...news };
    },
    flush,
    close() {
      closing.abort();
      return flush();
    },
  };
}

function emptyRecord(host: string): PeerRecord {
  return {
    host,
    discovery: null,
    jwks: null,
    fetchedAt: null,
    failures: 0,
    unreachableSince: null,
    lastError: null,
    lastSeenAt: null,
    updatedAt: 0,
  };
}
