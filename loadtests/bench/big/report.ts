import type { Transferred } from "./transfer.ts";

/** What `--only big` finds. Memory is the server's, resident, in MiB. */
export interface BigReport {
  down: LongTransfer;
  up: LongTransfer;
  slow: SlowDownloads | { leftOut: string };
}

/** One file of some GiB through a client that takes or gives no more than so much a second. */
export interface LongTransfer extends Transferred {
  idle: number;
  peak: number;
  /** Peak against idle. */
  growth: number;
}

/** Downloads that are all open at the same time, and read slowly. */
export interface SlowDownloads {
  count: number;
  /** Connections that were still there at the end. */
  alive: number;
  idle: number;
  peak: number;
  /** File descriptors of the server without the sockets of these downloads; null where the system does not tell. */
  otherDescriptors: number | null;
  /** Milliseconds that another client waited for a small file meanwhile. */
  p50: number;
  longest: number;
}

/** The most that a long transfer should add, in MiB. */
const MOST_GROWTH = 40;

/** The report for people. */
export function bigTable({ down, up, slow }: BigReport): string {
  const transfer = (name: string, { bytes, seconds, idle, peak, growth }: LongTransfer) =>
    `${name}: ${(bytes / 2 ** 30).toFixed(1)} GiB in ${seconds.toFixed(0)} s (${(bytes / 2 ** 20 / seconds).toFixed(0)} MiB/s), ` +
    `RSS ${idle.toFixed(0)} MiB idle, ${peak.toFixed(0)} at the most: ` +
    `${growth.toFixed(0)} MiB more, ${growth <= MOST_GROWTH ? "within" : "over"} ${MOST_GROWTH}`;
  const last =
    "leftOut" in slow
      ? `slow downloads: left out: ${slow.leftOut}`
      : `slow downloads: ${slow.alive} of ${slow.count} open at once, RSS ${slow.idle.toFixed(0)} MiB idle, ` +
        `${slow.peak.toFixed(0)} at the most, ${slow.otherDescriptors ?? "?"} descriptors besides their sockets; ` +
        `another client's small file within ${slow.p50.toFixed(1)} ms (median), ${slow.longest.toFixed(1)} ms (longest)`;
  return [transfer("down", down), transfer("up", up), last].join("\n");
}
