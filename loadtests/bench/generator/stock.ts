import type { Requests } from "../paths/path.ts";

/** Requests that have been made and not been sent yet. */
export interface Stock {
  /** Sees to it that there are this many. */
  fill(count: number): Promise<void>;
  next(): Buffer | undefined;
}

/** Few enough that memory does not matter, and enough for each thread of the pool. */
const TOGETHER = 256;
/** Signatures are fresh for 300 seconds, and have to be so when the round ends. */
const KEPT_MS = 100_000;

export function createStock(requests: Requests): Stock {
  if ("same" in requests) return { fill: async () => undefined, next: () => requests.same };
  if ("several" in requests) {
    let sent = 0;
    return {
      fill: async () => undefined,
      next: () => requests.several[sent++ % requests.several.length],
    };
  }
  let made: Buffer[] = [];
  let oldest = 0;
  return {
    async fill(count) {
      if (performance.now() - oldest > KEPT_MS) made = [];
      if (made.length === 0) oldest = performance.now();
      while (made.length < count) {
        const more = Math.min(TOGETHER, count - made.length);
        made.push(...(await Promise.all(Array.from({ length: more }, () => requests.make()))));
      }
    },
    next: () => made.pop(),
  };
}
