import type { Readable } from "node:stream";
import type { RemoteEntry, RemoteFile } from "../../api.ts";
import type { Reply } from "../route.ts";
import { entityTag } from "./views.ts";

/**
 * The bytes come from another server under the origin of this one: no browser may run them, guess their type, or let another
 * site read them.
 */
const SAFE = {
  "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "private, no-cache",
  "accept-ranges": "bytes",
};

/** `Content-Disposition: attachment` with the file's name (RFC 6266), non-ASCII names as RFC 8187 says. */
export function attachment(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/gu, "_");
  const extended = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const both = plain === name ? "" : `; filename*=UTF-8''${extended}`;
  return `attachment; filename="${plain}"${both}`;
}

/** The answer to a GET: the other server's status and stream, with headers that are safe here. */
export function download(file: RemoteFile, name: string): Reply {
  const headers: Record<string, string> = { ...SAFE, ...tagHeader(file.headers.etag) };
  if (file.status === 304) {
    discard(file.body);
    return { status: 304, headers, body: null };
  }
  headers["content-type"] = mediaType(file.headers["content-type"]);
  headers["content-disposition"] = attachment(name);
  for (const passed of ["content-length", "content-range", "last-modified"] as const) {
    const value = file.headers[passed];
    if (value !== undefined) headers[passed] = value;
  }
  return { status: file.status, headers, body: file.body };
}

/** The answer to a HEAD, from the entry alone: no byte of the content is asked for. */
export function headOnly(entry: RemoteEntry, name: string, ifNoneMatch: string | undefined): Reply {
  const headers: Record<string, string> = { ...SAFE, ...tagHeader(entry.etag) };
  if (ifNoneMatch !== undefined && headers.etag !== undefined && names(ifNoneMatch, headers.etag)) {
    return { status: 304, headers, body: null };
  }
  headers["content-type"] = mediaType(entry.mediaType);
  headers["content-disposition"] = attachment(name);
  if (entry.size !== null) headers["content-length"] = String(entry.size);
  if (entry.modifiedAt !== null) headers["last-modified"] = new Date(entry.modifiedAt).toUTCString();
  return { status: 200, headers, body: null };
}

/** The ETag header, where the other server's tag can be written in one. */
export function tagHeader(etag: string | null | undefined): Record<string, string> {
  return etag && PRINTABLE.test(etag) ? { etag: entityTag(etag) } : {};
}

const PRINTABLE = /^[\x20-\x7e]+$/;
/** Types that a page of this origin could load as a script, a style or a document. */
const ACTIVE = /script|css|html|svg|wasm|\bxml\b/i;

function mediaType(claimed: string | null | undefined): string {
  const usable = claimed && PRINTABLE.test(claimed) && claimed.includes("/") && !ACTIVE.test(claimed);
  return usable ? claimed : "application/octet-stream";
}

/** Lets go of a stream that nobody will read. */
export function discard(body: Readable): void {
  // A body that is cut short may report just that.
  body.on("error", () => {});
  body.destroy();
}

/** Weak comparison of an If-None-Match list with an entity tag (RFC 9110, section 8.8.3.2). */
function names(list: string, etag: string): boolean {
  const tags: string[] = list.match(/"[^"]*"/g) ?? [];
  return list.trim() === "*" || tags.includes(etag.replace(/^W\//, ""));
}
