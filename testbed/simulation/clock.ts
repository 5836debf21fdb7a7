import { setImmediate as turn } from "node:timers/promises";
import { createTimers, type Timer } from "./timers.ts";

/** Turns of the event loop in which whatever has begun goes on until it waits for the clock. */
const TURNS = 2;

/** A clock that stands still as long as anything is left to do, and then goes on to what comes next. */
export interface VirtualClock {
  /** Milliseconds since the Unix epoch, whole ones. */
  now(): number;
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Resolves when whatever has begun waits for something; no time passes. */
  soon(): Promise<void>;
  /** Does something at a time, or now if that is over. Returns what calls it off. */
  at(time: number, action: () => void): () => void;
  /**
   * Lets time pass until it is over, or this time is reached.
   * @throws Error when nothing is left that could happen, and it is not over
   */
  run(isOver: () => boolean, until?: number): Promise<void>;
  /** Timers that went off so far. */
  events(): number;
}

/** A virtual clock that begins at this time. */
export function virtualClock(start: number): VirtualClock {
  const timers = createTimers();
  let now = start;
  let waiting: (() => void)[] = [];
  let events = 0;

  const at: VirtualClock["at"] = (time, action) => {
    const timer = timers.add(Math.max(now, Math.ceil(time)), action);
    return () => timers.cancel(timer);
  };

  async function settle(): Promise<void> {
    for (;;) {
      for (let count = 0; count < TURNS; count += 1) await turn();
      if (waiting.length === 0) return;
      const ready = waiting;
      waiting = [];
      for (const go of ready) go();
    }
  }

  /** Everything that is due at the next moment. */
  function advance(until: number): boolean {
    const next = timers.next();
    if (next === null) throw new Error("The simulation stands still: everybody waits, and nobody for the clock.");
    if (next > until) {
      now = until;
      return false;
    }
    now = next;
    while (timers.next() === now) {
      events += 1;
      timers.take()?.action?.();
    }
    return true;
  }

  return {
    now: () => now,
    at,
    events: () => events,
    soon: () => new Promise((resolve) => waiting.push(resolve)),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) {
          resolve();
          return;
        }
        let timer: Timer | undefined;
        const wake = (): void => {
          if (timer !== undefined) timers.cancel(timer);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        timer = timers.add(now + Math.max(0, Math.ceil(ms)), wake);
        signal?.addEventListener("abort", wake);
      }),
    async run(isOver, until = Number.POSITIVE_INFINITY) {
      await settle();
      while (!isOver()) {
        if (!advance(until)) return;
        await settle();
      }
    },
  };
}
