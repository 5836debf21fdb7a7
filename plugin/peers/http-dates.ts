const LONGEST_RETRY = 24 * 3600 * 1000;
const SHORTEST_LIFE = 60 * 1000;
const LONGEST_LIFE = 24 * 3600 * 1000;
const DEFAULT_LIFE = 3600 * 1000;

/** Milliseconds from Retry-After (RFC 9110 section 10.2.3), seconds or a date, at most a day; null when there is none. */
export function retryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), LONGEST_RETRY);
}

/**
 * For how many milliseconds a document may be used: what Cache-Control and Age say (RFC 9111), within one minute and 24 hours; one
 * hour where they say nothing.
 */
export function lifetime(headers: Record<string, string>): number {
  const control = headers["cache-control"] ?? "";
  if (/\bno-(store|cache)\b/i.test(control)) return SHORTEST_LIFE;
  const maxAge = /(?:^|[\s,])max-age="?(\d+)/i.exec(control)?.[1];
  if (maxAge === undefined) return DEFAULT_LIFE;
  const age = /^\d+$/.test(headers.age ?? "") ? Number(headers.age) : 0;
  return Math.min(Math.max((Number(maxAge) - age) * 1000, SHORTEST_LIFE), LONGEST_LIFE);
}
