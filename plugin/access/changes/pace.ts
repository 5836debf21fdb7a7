import type { System } from "../../ports/system.ts";

/** Milliseconds that may come together before there is a rest: timers are not exact enough for less. */
const REST_AT_LEAST = 50;

export interface Pace {
  /** The clock that it goes by, in milliseconds. */
  now(): number;
  /** Begins to count. */
  start(): void;
  /** So much has been done since: rests if it was more than the pace allows. */
  done(steps: number): Promise<void>;
}

/** Keeps background work slow: each step takes at least so many milliseconds, and half of the time is rest. */
export function createPace(system: Pick<System, "now" | "sleep">, perStep: number, stop: AbortSignal): Pace {
  let since = system.now();
  let owed = 0;
  return {
    now: system.now,
    start() {
      since = system.now();
      owed = 0;
    },
    async done(steps) {
      const worked = system.now() - since;
      owed += Math.max(worked, steps * perStep - worked);
      since += worked;
      if (owed < REST_AT_LEAST || stop.aborted) return;
      await system.sleep(owed, stop);
      owed = 0;
      since = system.now();
    },
  };
}
