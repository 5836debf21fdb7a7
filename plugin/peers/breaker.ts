import { PeerFailure } from "../ports/peer-client.ts";
import type { Failure } from "../ports/records.ts";
import { createLru } from "./lru.ts";

const FAILURES_TO_OPEN = 3;
const FIRST_INTERVAL = 5_000;
const LONGEST_INTERVAL = 600_000;
const MAX_PEERS = 10_000;

/** What the breaker knows of a peer that has failed lately. */
export interface Trouble {
  /** Consecutive failures. */
  failures: number;
  /** Milliseconds; null: not yet taken for unreachable. */
  unreachableSince: number | null;
  lastError: Failure;
}

/**
 * One breaker per peer. Three consecutive failures open it; then one trial at a time is let through, after 5 seconds, 10, 20 and so on
 * up to 10 minutes; the first success closes it. Nothing is kept of healthy peers.
 */
export interface Breaker {
  /** Null, or why nothing should be sent to this peer now. Once an interval has passed, one caller gets null as a trial. */
  refuse(host: string): PeerFailure | null;
  success(host: string): void;
  failure(host: string, failure: PeerFailure): void;
  isOpen(host: string): boolean;
  /** How many peers are unreachable. */
  countOpen(): number;
  trouble(host: string): Trouble | undefined;
  /** Takes up to `limit` peers whose trial is due; whoever calls it makes the trials. */
  takeDue(limit: number): string[];
  /** When the next trial is due, in milliseconds; null: no breaker is open. */
  nextDue(): number | null;
  /** Opens the breaker of a peer that was unreachable before a restart; `onChange` is not told. */
  restore(host: string, trouble: Trouble): void;
}

interface State extends Trouble {
  interval: number;
  nextTrial: number;
  /** Somebody is trying: only this attempt makes the interval longer, not the requests that were still under way. */
  trial: boolean;
}

/** `onChange` is told when a breaker opens (true) or closes (false). */
export function createBreaker(now: () => number, onChange: (host: string, open: boolean) => void): Breaker {
  const states = createLru<State>({ maxEntries: MAX_PEERS });
  const beginTrial = (state: State) => {
    state.trial = true;
    state.nextTrial = now() + state.interval;
  };
  const isDue = (state: State) => state.unreachableSince !== null && state.nextTrial <= now();
  return {
    refuse(host) {
      const state = states.get(host);
      if (state === undefined || state.unreachableSince === null) return null;
      if (!isDue(state)) return unreachable(host, state);
      beginTrial(state);
      return null;
    },
    success(host) {
      const state = states.get(host);
      if (state === undefined) return;
      states.delete(host);
      if (state.unreachableSince !== null) onChange(host, false);
    },
    failure(host, failure) {
      const lastError = { code: failure.code, message: failure.message, at: now(), status: failure.status };
      const state = states.get(host);
      if (state === undefined) {
        const fresh = {
          failures: 1,
          unreachableSince: null,
          lastError,
          interval: FIRST_INTERVAL,
          nextTrial: 0,
          trial: false,
        };
        states.set(host, fresh);
        return;
      }
      state.failures += 1;
      state.lastError = lastError;
      if (state.unreachableSince === null) {
        if (state.failures < FAILURES_TO_OPEN) return;
        state.unreachableSince = now();
        state.nextTrial = now() + state.interval;
        onChange(host, true);
      } else if (state.trial) {
        state.trial = false;
        state.interval = Math.min(state.interval * 2, LONGEST_INTERVAL);
        state.nextTrial = now() + state.interval;
      }
    },
    isOpen: (host) => typeof states.get(host)?.unreachableSince === "number",
    countOpen() {
      let open = 0;
      for (const [, { unreachableSince }] of states.entries()) if (unreachableSince !== null) open += 1;
      return open;
    },
    trouble(host) {
      const state = states.get(host);
      if (state === undefined) return undefined;
      const { failures, unreachableSince, lastError } = state;
      return { failures, unreachableSince, lastError };
    },
    takeDue(limit) {
      const due: string[] = [];
      for (const [host, state] of states.entries()) {
        if (due.length >= limit) break;
        if (!isDue(state)) continue;
        beginTrial(state);
        due.push(host);
      }
      return due;
    },
    nextDue() {
      let next: number | null = null;
      for (const [, { unreachableSince, nextTrial }] of states.entries()) {
        if (unreachableSince !== null && (next === null || nextTrial < next)) next = nextTrial;
      }
      return next;
    },
    restore(host, trouble) {
      if (states.get(host) !== undefined) return;
      states.set(host, { ...trouble, interval: FIRST_INTERVAL, nextTrial: now(), trial: false });
    },
  };
}

function unreachable(host: string, { unreachableSince, lastError }: State): PeerFailure {
  const since = new Date(unreachableSince ?? 0).toISOString();
  return new PeerFailure("peer-unreachable", host, `${host} has not answered since ${since}. ${lastError.message}`);
}
