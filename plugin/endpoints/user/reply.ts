import type { Call, Reply } from "../route.ts";

/** An answer about one person's things: no cache may keep it. */
export function json(status: number, body: object, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "cache-control": "no-store", ...headers }, body };
}

/** Done, and nothing to tell. */
export function noContent(): Reply {
  return { status: 204, headers: { "cache-control": "no-store" }, body: null };
}

/**
 * The Location of a record that was made by a POST to its collection. It is relative to the address of the request
 * (RFC 9110, section 10.2.2), so it holds behind a proxy that shows this server under another path.
 */
export function location(call: Call, id: string): string {
  const collection = call.rawPath.slice(call.rawPath.lastIndexOf("/") + 1);
  return collection === "" ? encodeURIComponent(id) : `${collection}/${encodeURIComponent(id)}`;
}
