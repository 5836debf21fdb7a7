import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a server used during one round. */
export interface Use {
  /** CPU time of all its threads, in milliseconds. */
  cpu: number;
  /** Resident memory at the end of the round, in MiB. */
  rss: number;
  /** 99th percentile of how late the event loop was, in milliseconds. */
  loopP99: number;
}

const RESOLUTION_MS = 2;

export type UseCalls = ReturnType<typeof useCalls>;

/** Calls with which the bench asks a server what a round cost it. */
export function useCalls() {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let cpu = process.cpuUsage();
  return {
    begin(_nothing: null): void {
      delays.reset();
      delays.enable();
      cpu = process.cpuUsage();
    },
    end(_nothing: null): Use {
      const { user, system } = process.cpuUsage(cpu);
      delays.disable();
      return {
        cpu: (user + system) / 1000,
        rss: process.memoryUsage.rss() / 2 ** 20,
        // What is recorded is the time between two looks, which are `RESOLUTION_MS` apart where nothing is late.
        loopP99: Math.max(0, delays.percentile(99) / 1e6 - RESOLUTION_MS),
      };
    },
  };
}
