import type { AnyAggregate, CopyJob } from "../ports/records.ts";
import type { Rest } from "../ports/rest.ts";
import type { Collection, Store } from "../ports/store.ts";
import type { System } from "../ports/system.ts";

/** Longest pause, in milliseconds, where other processes may have written; and the shortest one because of what was written here. */
const LOOK_EVERY = 1_000;

/** Pauses of at most a second: other processes may write to the store too. */
export function shortRest(system: Pick<System, "now" | "sleep">): Rest {
  return {
    looking() {},
    async until(time, signal) {
      const pause = time === null ? LOOK_EVERY : Math.min(time - system.now(), LOOK_EVERY);
      await system.sleep(Math.max(pause, 0), signal);
    },
  };
}

/** A store that nobody else writes to, and pauses for as long as nothing in it is due. */
export interface Attended {
  /** The same store; its writes are noticed. */
  store: Store;
  /** A pause until something of these collections is due. */
  rest(kinds: readonly Kind[]): Rest;
}

type Kind = (AnyAggregate | CopyJob)["kind"];

/** Notices what is written to a store, so that nobody has to look. */
export function attended(store: Store, system: Pick<System, "now" | "sleep">): Attended {
  const listeners = new Map<Kind, (dueAt: number) => void>();

  function noticed<R extends AnyAggregate | CopyJob, C extends Collection<R>>(collection: C): C {
    const notice = (record: R, written: boolean): boolean => {
      if (written && record.nextAt !== null) listeners.get(record.kind)?.(record.nextAt);
      return written;
    };
    return {
      ...collection,
      insert: async (record: R) => notice(record, await collection.insert(record)),
      replace: async (record: R, before?: R) => notice(record, await collection.replace(record, before)),
    };
  }

  return {
    store: {
      ...store,
      outgoing: noticed(store.outgoing),
      incoming: noticed(store.incoming),
      invites: noticed(store.invites),
      contacts: noticed(store.contacts),
      copies: noticed(store.copies),
    },
    rest(kinds) {
      let rested = 0;
      let written = Number.POSITIVE_INFINITY;
      let planned = Number.POSITIVE_INFINITY;
      let sooner = new AbortController();
      const end = (): number => Math.min(planned, Math.max(written, rested + LOOK_EVERY));
      for (const kind of kinds) {
        listeners.set(kind, (dueAt) => {
          const before = end();
          written = Math.min(written, dueAt);
          if (end() < before) sooner.abort();
        });
      }
      return {
        looking() {
          written = Number.POSITIVE_INFINITY;
        },
        async until(time, signal) {
          planned = time ?? Number.POSITIVE_INFINITY;
          rested = system.now();
          while (!signal.aborted && system.now() < end()) {
            sooner = new AbortController();
            const pause = Math.min(end() - system.now(), LONGEST);
            await system.sleep(pause, AbortSignal.any([signal, sooner.signal]));
          }
        },
      };
    },
  };
}

/** No timer goes on for ever. */
const LONGEST = 24 * 3_600_000;
