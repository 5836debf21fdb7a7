import { type BigIntStats, fstatSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";

/** Milliseconds: a replacement that is older than what it replaces by no more than this is made to look newer. */
const CLOCK_TICK = 1000;
const MICROSECONDS = 1000n;

/**
 * Gives a file that is about to replace another one its time, `modifiedAt` where it is given. Two replacements within one tick of the
 * disk's clock could give the third the first one's times, and perhaps its inode: the time keeps them apart.
 */
export async function settleTime(
  handle: FileHandle,
  before: BigIntStats | undefined,
  modifiedAt: number | undefined,
): Promise<void> {
  let seconds: number;
  if (modifiedAt !== undefined) {
    const same = before !== undefined && Number(before.mtimeMs) === Math.floor(modifiedAt);
    const next = same ? Number(((before.mtimeNs / MICROSECONDS) % MICROSECONDS) + 1n) % Number(MICROSECONDS) : 0;
    seconds = secondsOf(modifiedAt, next);
  } else {
    if (before === undefined) return;
    const old = Number(before.mtimeMs);
    const behind = old - Number(fstatSync(handle.fd, { bigint: true }).mtimeMs);
    if (behind < 0 || behind >= CLOCK_TICK) return;
    seconds = secondsOf(old + 1);
  }
  await handle.utimes(seconds, seconds);
}

/**
 * Whole milliseconds, and microseconds in them, as the seconds that come out as exactly these again. A time before 1970, which
 * node:fs cannot set, is the beginning of 1970.
 */
export function secondsOf(milliseconds: number, microseconds = 0): number {
  // The half keeps the microsecond through the rounding of a fraction of seconds.
  return (Math.max(0, Math.floor(milliseconds)) * 1000 + microseconds + 0.5) / 1e6;
}
