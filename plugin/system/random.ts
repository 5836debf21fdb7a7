import { randomBytes } from "node:crypto";

const POOL_BYTES = 8192;
/** Longer requests are not taken from the pool. */
const LONGEST = 256;

/** Random bytes, drawn from a pool: asking the operating system for a few each time costs more than the whole rest of a decision. */
export function createRandom(): (bytes: number) => Buffer {
  let pool = Buffer.alloc(0);
  let used = 0;
  return (bytes) => {
    if (bytes > LONGEST) return randomBytes(bytes);
    if (used + bytes > pool.length) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    const taken = Buffer.from(pool.subarray(used, used + bytes));
    // What was given out must not be found in memory again.
    pool.fill(0, used, used + bytes);
    used += bytes;
    return taken;
  };
}
