import type { BigIntStats } from "node:fs";
import { lstat, rm } from "node:fs/promises";

/** After this time without a change nobody goes on with what is hidden. Nanoseconds. */
const WEEK = 7n * 24n * 3600n * 1_000_000_000n;
/** How many are remembered. */
const MOST = 100;

/** Hidden files and folders that a killed process may have left behind. */
export interface Leftovers {
  /** One was met. It may well be in use. */
  met(disk: string): void;
  /** Removes those that were met and are older than a week by the disk's own clock, which a file just made tells. Never throws. */
  sweep(justMade: BigIntStats): Promise<void>;
}

export function createLeftovers(): Leftovers {
  let known = new Set<string>();
  return {
    met(disk) {
      if (known.size < MOST) known.add(disk);
    },
    async sweep(justMade) {
      const looked = known;
      known = new Set();
      for (const disk of looked) {
        const stats = await lstat(disk, { bigint: true }).catch(() => undefined);
        if (stats !== undefined && justMade.ctimeNs - stats.ctimeNs > WEEK) {
          await rm(disk, { recursive: true, force: true }).catch(() => undefined);
        }
      }
    },
  };
}
