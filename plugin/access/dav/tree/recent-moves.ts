import type { System } from "../../../ports/system.ts";

/** Milliseconds after which a request is no longer the repetition of another. */
const LIFE = 60_000;
const MOST = 1000;

/**
 * The moves of the last minute. A widespread client sends its first request twice and shows the second answer, so a MOVE that finds its
 * source gone is answered as the first one was, if it is the same and was done by the same share.
 */
export interface RecentMoves {
  /** @param who the share, app password or session that moved */
  add(who: string, from: string, to: string): void;
  has(who: string, from: string, to: string): boolean;
}

/** One for all requests of a process; it holds a bounded number of moves. */
export function recentMoves(system: Pick<System, "now">): RecentMoves {
  const times = new Map<string, number>();
  const keyOf = (...parts: string[]) => JSON.stringify(parts);
  return {
    add(who, from, to) {
      const key = keyOf(who, from, to);
      times.delete(key);
      times.set(key, system.now());
      const [oldest] = times.keys();
      if (times.size > MOST && oldest !== undefined) times.delete(oldest);
    },
    has(who, from, to) {
      const at = times.get(keyOf(who, from, to));
      return at !== undefined && system.now() - at < LIFE;
    },
  };
}
