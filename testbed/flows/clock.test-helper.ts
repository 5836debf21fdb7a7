import { machine, type System } from "../../plugin/index.ts";

/** The time of a federation: it runs like the machine's, and a test can move it on. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Whatever was to happen within this time happens now: sleepers wake, signatures grow old, shares expire. */
  advance(ms: number): void;
}

interface Sleeper {
  until: number;
  wake(): void;
  /** Sets the timer for what is left. */
  arm(): void;
}

interface MovedClock extends Clock {
  sleepers: Set<Sleeper>;
}

/** A clock that starts `offset` milliseconds from the machine's. */
export function movedClock(offset = 0): MovedClock {
  const sleepers = new Set<Sleeper>();
  let moved = offset;
  const now = () => Date.now() + moved;
  return {
    now,
    sleepers,
    advance(ms) {
      moved += ms;
      for (const sleeper of [...sleepers]) {
        if (sleeper.until <= now()) sleeper.wake();
        else sleeper.arm();
      }
    },
  };
}

/** The machine with another clock: network, randomness and thread pool are the real ones. */
export function machineWith(clock: MovedClock): System & { close(): Promise<void> } {
  return {
    ...machine(),
    now: () => clock.now(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        let timer: NodeJS.Timeout | undefined;
        const sleeper: Sleeper = {
          until: clock.now() + ms,
          wake() {
            clearTimeout(timer);
            clock.sleepers.delete(sleeper);
            signal?.removeEventListener("abort", sleeper.wake);
            resolve();
          },
          arm() {
            clearTimeout(timer);
            timer = setTimeout(sleeper.wake, Math.max(0, sleeper.until - clock.now()));
            timer.unref();
          },
        };
        if (signal?.aborted) return resolve();
        signal?.addEventListener("abort", sleeper.wake);
        clock.sleepers.add(sleeper);
        sleeper.arm();
      }),
  };
}
