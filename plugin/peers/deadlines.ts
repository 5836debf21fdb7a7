import type { System } from "../ports/system.ts";

/** Total time limits for exchanges, which also end when this server stops. */
export interface Deadlines {
  /** Runs `task` with a signal that is aborted after `ms` milliseconds. The timer ends with the task. */
  within<T>(ms: number, task: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Aborts all that is under way, and from now on whatever is begun. */
  abortAll(): void;
}

export function createDeadlines(system: System): Deadlines {
  const active = new Set<AbortController>();
  let stopped = false;
  return {
    async within(ms, task) {
      const limit = new AbortController();
      const finished = new AbortController();
      active.add(limit);
      if (stopped) limit.abort();
      void system.sleep(ms, finished.signal).then(() => {
        if (!finished.signal.aborted) limit.abort(new DOMException("The time is over.", "TimeoutError"));
      });
      try {
        return await task(limit.signal);
      } finally {
        active.delete(limit);
        finished.abort();
      }
    },
    abortAll() {
      stopped = true;
      for (const limit of active) limit.abort();
    },
  };
}
