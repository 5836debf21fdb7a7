import { OcmError } from "../../protocol/errors.ts";

/**
 * Can a file or folder of this name be addressed in a share? Slashes, backslashes and control characters cannot be told from
 * attacks once a client or a file system has decoded them, so such names are neither listed nor reached.
 */
export function isUsableName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !UNUSABLE.test(name);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const UNUSABLE = /[/\\\x00-\x1f\x7f]/;

/** What a raw request path may consist of (RFC 3986 section 3.3, with what lenient clients leave unencoded). */
const RAW_PATH = /^[\x21\x22\x24-\x3e\x40-\x7e]*$/;

/** What RFC 9110 section 4.1 wants every server to take, at the least. File systems take less. */
const LONGEST = 8000;

/** Folders within folders: no tree of a person is as deep as that, and a change is noted for each folder above it. */
const DEEPEST = 128;

/**
 * The decoded segments of an undecoded path below a share. Each segment is decoded once, on its own; names are not normalised,
 * so NFC and NFD forms stay two names. A slash at the end is permitted.
 * @throws OcmError path-invalid for `.` and `..` in any encoding, encoded slashes, backslashes, control characters, empty
 * segments, and bytes that are not UTF-8; with the status 414 for more than 8,000 characters or 128 segments
 */
export function parseSharePath(path: string): string[] {
  if (path === "" || path === "/") return [];
  if (path.length > LONGEST) throw new OcmError("path-invalid", { status: 414, message: "The path is too long." });
  if (!path.startsWith("/") || !RAW_PATH.test(path)) throw new OcmError("path-invalid");
  const inner = path.endsWith("/") ? path.slice(1, -1) : path.slice(1);
  const segments = inner.split("/");
  if (segments.length > DEEPEST) throw new OcmError("path-invalid", { status: 414, message: "The path is too deep." });
  return segments.map(decodeSegment);
}

function decodeSegment(segment: string): string {
  let name: string;
  try {
    name = decodeURIComponent(segment);
  } catch (cause) {
    throw new OcmError("path-invalid", { cause });
  }
  if (!isUsableName(name)) throw new OcmError("path-invalid");
  return name;
}

/** What `encodeURIComponent` leaves as it is. */
const PLAIN = /^[\w.!~*'()-]*$/;

/** One name as a segment of a URL path. */
export function encodeName(name: string): string {
  return PLAIN.test(name) ? name : encodeURIComponent(name.toWellFormed());
}

/** The segments as a URL path, each with a slash before it: the reverse of `parseSharePath`. "" for none. */
export function encodeSharePath(segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeName(segment)}`).join("");
}
