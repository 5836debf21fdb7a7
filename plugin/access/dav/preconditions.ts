import type { HostEntry } from "../../ports/host.ts";
import { OcmError } from "../../protocol/errors.ts";
import { type DavRequest, header } from "./request.ts";

/** The entity tag of an entry (RFC 9110 section 8.8.3): strong, because hosts change it with the content. */
export function entityTag(entry: Pick<HostEntry, "etag">): string {
  return `"${entry.etag.toWellFormed().replace(/[^\x21\x23-\x7e]/gu, encodeURIComponent)}"`;
}

/** An HTTP-date in whole seconds. */
export function httpDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}

/**
 * Evaluates the conditions of a request against the entry it is for, in the order of RFC 9110 section 13.2.2.
 * @returns "not-modified" where a GET or HEAD is to be answered with 304
 * @throws OcmError precondition-failed
 */
export function checkPreconditions(request: DavRequest, entry: HostEntry | undefined): "go-on" | "not-modified" {
  const reading = request.method === "GET" || request.method === "HEAD";
  const tag = entry && entityTag(entry);
  // Without locks and with entity tags in fields of their own, no state that an If header could name exists here.
  if (header(request, "if") !== undefined && !reading) throw new OcmError("precondition-failed");
  const ifMatch = header(request, "if-match");
  if (ifMatch !== undefined) {
    if (!listMatches(ifMatch, tag, "strong")) throw new OcmError("precondition-failed");
  } else if (modifiedAfter(header(request, "if-unmodified-since"), entry) === true) {
    throw new OcmError("precondition-failed");
  }
  const ifNoneMatch = header(request, "if-none-match");
  if (ifNoneMatch !== undefined) {
    if (!listMatches(ifNoneMatch, tag, "weak")) return "go-on";
    if (reading) return "not-modified";
    throw new OcmError("precondition-failed");
  }
  if (reading && modifiedAfter(header(request, "if-modified-since"), entry) === false) return "not-modified";
  return "go-on";
}

/** Is a range to be answered with a part, as far as If-Range goes (RFC 9110 section 13.1.5)? */
export function ifRangeHolds(request: DavRequest, entry: HostEntry): boolean {
  const value = header(request, "if-range");
  if (value === undefined) return true;
  return value.startsWith('"')
    ? value === entityTag(entry)
    : Date.parse(value) === Date.parse(httpDate(entry.modifiedAt));
}

function listMatches(list: string, tag: string | undefined, comparison: "strong" | "weak"): boolean {
  if (tag === undefined) return false;
  if (list.trim() === "*") return true;
  for (const [, weak, candidate] of list.matchAll(/(W\/)?("[^"]*")/g)) {
    if (candidate === tag && (comparison === "weak" || weak === undefined)) return true;
  }
  return false;
}

/** Undefined where the field is absent or no date, or nothing is there to compare it with. */
function modifiedAfter(date: string | undefined, entry: HostEntry | undefined): boolean | undefined {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(time) || entry === undefined) return undefined;
  return Math.floor(entry.modifiedAt / 1000) * 1000 > time;
}
