import type { Logger } from "../ports/log.ts";
import type { System } from "../ports/system.ts";

/** Does a job every `pause` milliseconds until it is stopped; a failure is logged and changes nothing. */
export function periodic(
  system: System,
  pause: number,
  log: Logger,
  job: () => Promise<void>,
): { stop(): Promise<void> } {
  const stop = new AbortController();
  const running = (async () => {
    for (;;) {
      await system.sleep(pause, stop.signal);
      if (stop.signal.aborted) return;
      await job().catch((error: unknown) => log.error({ err: error }, "A periodic job failed; it runs again."));
    }
  })();
  return {
    async stop() {
      stop.abort();
      await running;
    },
  };
}
