import type { System } from "../ports/system.ts";
import type { Breaker } from "./breaker.ts";

const AT_ONCE = 8;
const LONGEST_SLEEP = 60_000;

/** Tries unreachable peers in the background, so that no user's request has to. */
export interface Probes {
  /** A breaker has opened: its first trial may be due before the one that is slept for. */
  wake(): void;
  /** Resolves when the loop has ended. Probes that are under way end by the signal. */
  stop(): Promise<void>;
}

/** `probe` asks a peer once and tells the breaker; it never throws. */
export function startProbes(system: System, breaker: Breaker, probe: (host: string) => Promise<void>): Probes {
  const stopping = new AbortController();
  let sleeper = new AbortController();
  let running = 0;
  const wake = () => sleeper.abort();
  const run = async () => {
    while (!stopping.signal.aborted) {
      sleeper = new AbortController();
      for (const host of breaker.takeDue(AT_ONCE - running)) {
        running += 1;
        void probe(host).finally(() => {
          running -= 1;
          wake();
        });
      }
      const next = running < AT_ONCE ? breaker.nextDue() : null;
      const pause = next === null ? LONGEST_SLEEP : Math.max(next - system.now(), 0);
      await system.sleep(Math.min(pause, LONGEST_SLEEP), AbortSignal.any([sleeper.signal, stopping.signal]));
    }
  };
  const ended = run();
  return {
    wake,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
