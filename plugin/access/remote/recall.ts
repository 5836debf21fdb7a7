import type { RemoteListing } from "../../api.ts";
import type { Failure } from "../../ports/records.ts";
import type { System } from "../../ports/system.ts";
import { OcmError } from "../../protocol/errors.ts";
import type { Known, ListingCache } from "./listing-cache.ts";
import { outageOf } from "./outage.ts";
import { PeerRefusal } from "./refusals.ts";

/** Somebody wants to know what is at a path of a share. */
export interface Question {
  /** Id of the share, and canonical host of its sender. */
  share: string;
  host: string;
  path: string;
  /** 1: with what is in it. */
  depth: "0" | "1";
  signal: AbortSignal | undefined;
  /** What to give where the owner's server is of no use at the moment; undefined: nothing. */
  last: Known | undefined;
  /** Asks the owner's server. The signal is its own: it is aborted when nobody waits any more. */
  ask(signal: AbortSignal): Promise<Known>;
}

/** The answer, or the last one that is known. */
export interface Recalled {
  known: Known;
  stale: RemoteListing["stale"];
}

/** Asks for listings and entries, once for all who want the same, and remembers them. */
export interface Recall {
  /**
   * The owner's answer; where there is a last one that is known, this instead when the owner's server has trouble, or has not answered within
   * three seconds. Then the request goes on, and what it brings is there the next time.
   * @throws OcmError, PeerFailure
   */
  answer(question: Question): Promise<Recalled>;
  /** Something was written at this path through us, so what is being asked for in the share may be of before. */
  written(share: string, path: string): void;
  /** The share has ended, or is not open to us. */
  forget(share: string): void;
}

/** How long somebody waits who can be given what is known. Milliseconds. */
const PATIENCE = 3_000;
/** How long one listing may take altogether: others wait for the same one. Milliseconds. */
const DEADLINE = 600_000;
/** With these the owner's server says that there is nothing at a path, or not for us. */
const GONE: ReadonlySet<number | null> = new Set([403, 404, 410]);

interface Flight {
  share: string;
  startedAt: number;
  answer: Promise<Known>;
  /** Those who wait and have not gone away. */
  waiting: number;
  abort: AbortController;
  /** Something was written in the share since it began. */
  outdated: boolean;
}

export function createRecall(deps: { system: Pick<System, "now" | "sleep">; cache: ListingCache }): Recall {
  const { system, cache } = deps;
  const flights = new Map<string, Flight>();

  function start(key: string, { share, path, ask }: Question): Flight {
    const abort = new AbortController();
    const flight: Flight = {
      share,
      startedAt: system.now(),
      waiting: 0,
      abort,
      outdated: false,
      answer: within(abort, ask)
        .then((known) => {
          if (!flight.outdated) cache.keep(share, path, known);
          return known;
        })
        .catch((error) => {
          if (error instanceof PeerRefusal && GONE.has(error.peerStatus)) cache.written(share, path);
          throw error;
        })
        .finally(() => {
          if (flights.get(key) === flight) flights.delete(key);
        }),
    };
    // Everybody may have gone, or have been given what is known.
    flight.answer.catch(() => {});
    flights.set(key, flight);
    return flight;
  }

  async function within(abort: AbortController, ask: Question["ask"]): Promise<Known> {
    const done = new AbortController();
    let late = false;
    void system.sleep(DEADLINE, done.signal).then(() => {
      late = !done.signal.aborted;
      if (late) abort.abort();
    });
    try {
      return await ask(abort.signal);
    } catch (error) {
      if (!late) throw error;
      throw new OcmError("peer-unreachable", {
        message: "The listing of the owner's server took too long.",
        cause: error,
      });
    } finally {
      done.abort();
    }
  }

  /** Rejects when the caller goes away; the last one to go ends the flight. */
  function leave(key: string, flight: Flight, signal: AbortSignal, done: AbortSignal): Promise<never> {
    return new Promise((_resolve, reject) => {
      const gone = () => {
        flight.waiting -= 1;
        if (flight.waiting === 0) {
          if (flights.get(key) === flight) flights.delete(key);
          flight.abort.abort();
        }
        reject(new OcmError("peer-unreachable", { message: "The request was broken off." }));
      };
      if (signal.aborted) gone();
      else signal.addEventListener("abort", gone, { once: true, signal: done });
    });
  }

  async function patience(flight: Flight, host: string, last: Known, done: AbortSignal): Promise<Recalled> {
    const left = flight.startedAt + PATIENCE - system.now();
    await system.sleep(Math.min(Math.max(left, 0), PATIENCE), done);
    const at = system.now();
    const message = `${host} has not answered within ${PATIENCE / 1_000} seconds.`;
    return stale(last, { code: "peer-timeout", message, at, status: null });
  }

  return {
    async answer(question) {
      const { share, host, path, depth, signal, last } = question;
      const key = `${share}\n${depth}${path}`;
      const flight = flights.get(key) ?? start(key, question);
      flight.waiting += 1;
      const done = new AbortController();
      const ways: Promise<Recalled>[] = [flight.answer.then((known) => ({ known, stale: null }))];
      if (signal !== undefined) ways.push(leave(key, flight, signal, done.signal));
      if (last !== undefined) ways.push(patience(flight, host, last, done.signal));
      try {
        return await Promise.race(ways);
      } catch (error) {
        const reason = signal?.aborted ? undefined : outageOf(error, system.now());
        if (reason === undefined || last === undefined) throw error;
        return stale(last, reason);
      } finally {
        done.abort();
      }
    },
    written(share, path) {
      cache.written(share, path);
      for (const [key, flight] of flights) {
        if (flight.share !== share) continue;
        flight.outdated = true;
        flights.delete(key);
      }
    },
    forget(share) {
      cache.forget(share);
      for (const flight of flights.values()) if (flight.share === share) flight.outdated = true;
    },
  };
}

/** What is known, with the reason why it is not newer. */
export function stale(last: Known, reason: Failure): Recalled {
  return { known: last, stale: { at: last.at, reason } };
}
