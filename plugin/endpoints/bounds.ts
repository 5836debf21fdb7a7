import type { System } from "../ports/system.ts";
import type { SeenSignatures } from "./token.ts";

const FRESH = 400_000;
const REMEMBERED = 200_000;
const WINDOW = 10_000;
const HOSTS = 50_000;

/** Remembers signatures while they are fresh, at most `REMEMBERED` of them. Per process. */
export function rememberSignatures(system: Pick<System, "now">): SeenSignatures {
  const seen = new Map<string, number>();
  return {
    repeated(signature) {
      const now = system.now();
      for (const [old, at] of seen) {
        if (now - at < FRESH && seen.size < REMEMBERED) break;
        seen.delete(old);
      }
      if (seen.has(signature)) return true;
      seen.set(signature, now);
      return false;
    },
  };
}

/** Counts requests per host within ten seconds. Per process; the oldest hosts are forgotten first. */
export function requestLimiter(system: Pick<System, "now">, limit: number): (host: string) => boolean {
  const counts = new Map<string, { since: number; count: number }>();
  return (host) => {
    const now = system.now();
    const entry = counts.get(host);
    if (entry !== undefined && now - entry.since < WINDOW) {
      entry.count += 1;
      return entry.count <= limit;
    }
    counts.delete(host);
    counts.set(host, { since: now, count: 1 });
    if (counts.size > HOSTS) counts.delete(counts.keys().next().value ?? "");
    return true;
  };
}
