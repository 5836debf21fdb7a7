import type { HostEntry } from "../../ports/host.ts";
import { OcmError } from "../../protocol/errors.ts";
import { parseHttpDate } from "./http-date.ts";
import { parseIf } from "./locks/if-header.ts";
import { type DavRequest, header } from "./request.ts";

/** The entity tag of an entry (RFC 9110 section 8.8.3): strong, because hosts change it with the content. */
export function entityTag(entry: Pick<HostEntry, "etag">): string {
  return `"${entry.etag.toWellFormed().replace(/[^\x21\x23-\x7e]/gu, encodeURIComponent)}"`;
}

/**
 * Evaluates the conditions of a request against the entry it is for, in the order of RFC 9110 section 13.2.2. The If header is not one
 * of them: `mayChange` and `checkIf` evaluate it, because it speaks of locks too.
 * @returns "not-modified" where a GET or HEAD is to be answered with 304
 * @throws OcmError precondition-failed, bad-request for entity tags that cannot be read
 */
export function checkPreconditions(request: DavRequest, entry: HostEntry | undefined): "go-on" | "not-modified" {
  const reading = request.method === "GET" || request.method === "HEAD";
  const tag = entry && entityTag(entry);
  const ifMatch = header(request, "if-match");
  const ifNoneMatch = header(request, "if-none-match");
  const wanted = ifMatch === undefined ? undefined : parseTags(ifMatch);
  const unwanted = ifNoneMatch === undefined ? undefined : parseTags(ifNoneMatch);
  if (wanted !== undefined) {
    if (!listMatches(wanted, tag, "strong")) throw new OcmError("precondition-failed");
  } else if (modifiedAfter(header(request, "if-unmodified-since"), entry) === true) {
    throw new OcmError("precondition-failed");
  }
  if (unwanted !== undefined) {
    if (!listMatches(unwanted, tag, "weak")) return "go-on";
    if (reading) return "not-modified";
    throw new OcmError("precondition-failed");
  }
  if (reading && modifiedAfter(header(request, "if-modified-since"), entry) === false) return "not-modified";
  return "go-on";
}

/**
 * What a write that follows has to find at the moment of replacing, for the option `expected` of `HostFiles.write`: the entry that the
 * conditions were checked against, null for nothing, undefined where the request asks for neither. For a request whose conditions hold.
 */
export function expectedEtag(request: DavRequest, entry: HostEntry | undefined): string | null | undefined {
  if (header(request, "if-none-match")?.trim() === "*") return null;
  const state = header(request, "if");
  const named =
    header(request, "if-match") !== undefined ||
    (state !== undefined && parseIf(state).some(({ conditions }) => conditions.some(({ kind }) => kind === "etag")));
  if (named) return entry?.etag ?? null;
  return modifiedAfter(header(request, "if-unmodified-since"), entry) === undefined ? undefined : entry?.etag;
}

/** Is a range to be answered with a part, as far as If-Range goes (RFC 9110 section 13.1.5)? */
export function ifRangeHolds(request: DavRequest, entry: HostEntry): boolean {
  const value = header(request, "if-range")?.trim();
  if (value === undefined) return true;
  return value.startsWith('"')
    ? value === entityTag(entry)
    : parseHttpDate(value) === Math.floor(entry.modifiedAt / 1000) * 1000;
}

interface Tag {
  weak: boolean;
  value: string;
}

const SEPARATORS = /[ \t,]*/y;
/** One entity tag, up to the comma after it. */
const TAG = /(W\/)?("[\x21\x23-\x7e\x80-\uffff]*")[ \t]*(?:,|$)/y;

/** The list of an If-Match or If-None-Match field, in which commas may be repeated. @throws OcmError bad-request */
function parseTags(list: string): Tag[] | "*" {
  const text = list.trim();
  if (text === "*") return "*";
  const tags: Tag[] = [];
  for (let at = 0; ; at = TAG.lastIndex) {
    SEPARATORS.lastIndex = at;
    SEPARATORS.exec(text);
    if (SEPARATORS.lastIndex === text.length) break;
    TAG.lastIndex = SEPARATORS.lastIndex;
    const [, weak, value] = TAG.exec(text) ?? [];
    if (value === undefined) throw malformed();
    tags.push({ weak: weak !== undefined, value });
  }
  if (tags.length === 0) throw malformed();
  return tags;
}

function malformed(): OcmError {
  return new OcmError("bad-request", { message: "The entity tags of a condition cannot be read." });
}

function listMatches(tags: readonly Tag[] | "*", tag: string | undefined, comparison: "strong" | "weak"): boolean {
  if (tag === undefined) return false;
  if (tags === "*") return true;
  return tags.some(({ weak, value }) => value === tag && (comparison === "weak" || !weak));
}

/** Undefined where the field is absent or no date, or nothing is there to compare it with. */
function modifiedAfter(date: string | undefined, entry: HostEntry | undefined): boolean | undefined {
  const time = date === undefined ? undefined : parseHttpDate(date);
  if (time === undefined || entry === undefined) return undefined;
  return Math.floor(entry.modifiedAt / 1000) * 1000 > time;
}
