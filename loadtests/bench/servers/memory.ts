import { readdirSync } from "node:fs";

/** What a server holds. */
export interface Held {
  /** Resident memory, in MiB: now, and the most since it was last forgotten. */
  rss: number;
  peak: number;
  /** Open file descriptors, sockets included; null where the system does not tell. */
  descriptors: number | null;
}

const LOOK_MS = 50;

/** Calls with which the bench asks a server what it holds. */
export function memoryCalls() {
  const mib = () => process.memoryUsage.rss() / 2 ** 20;
  let peak = mib();
  let looking = false;
  return {
    forgetPeak(_nothing: null): void {
      peak = mib();
      if (looking) return;
      looking = true;
      setInterval(() => {
        peak = Math.max(peak, mib());
      }, LOOK_MS).unref();
    },
    held(_nothing: null): Held {
      const rss = mib();
      return { rss, peak: Math.max(peak, rss), descriptors: openDescriptors() };
    },
  };
}

function openDescriptors(): number | null {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}
