import type { Readable } from "node:stream";
import { XMLParser } from "fast-xml-parser";
import type { System } from "../../ports/system.ts";
import { OcmError } from "../../protocol/errors.ts";
import { unescapeXml } from "../xml.ts";
import { ElementSplitter, notMultistatus } from "./element-splitter.ts";
import { createResponseScanner, type ToldResponse } from "./response-scanner.ts";

/** One resource that a peer told about. */
export interface RemoteResource {
  /** The decoded segments of its href's path. */
  segments: string[];
  type: "file" | "folder";
  size: number | null;
  modifiedAt: number | null;
  /** As the peer wrote it, with its quotes. */
  etag: string | null;
  mediaType: string | null;
  /** The letters of `oc:permissions`, such as `RDNVCK`. */
  permissions: string | null;
  /** Bytes that may still be written (RFC 4331). */
  quotaAvailable: number | null;
  /** Each as `ALGORITHM:value`. */
  checksums: string[];
}

/** Bounds for one listing. */
export interface ListingLimits {
  bytes: number;
  entries: number;
}

export const LISTING_LIMITS: ListingLimits = { bytes: 67_108_864, entries: 200_000 };
/** After so many bytes of a listing others have their turn. */
const TURN = 65_536;
/** What a resource takes in memory besides its texts, in bytes. */
const OVERHEAD = 200;

/**
 * Reads a 207 as any of the known servers writes it: whatever prefixes, absolute or path-only hrefs, encoded or not. Only what has a
 * 2xx propstat counts; responses that tell of an error are left out.
 * @param take told how much memory is needed for it, piece by piece
 * @throws OcmError peer-incompatible when it is no multistatus, peer-refused beyond the limits, peer-unreachable when it breaks off
 */
export async function readMultistatus(
  body: Readable,
  system: Pick<System, "soon">,
  limits: ListingLimits = LISTING_LIMITS,
  take: (bytes: number) => void = () => {},
): Promise<RemoteResource[]> {
  const splitter = new ElementSplitter();
  const scan = createResponseScanner(WANTED, isSuccess);
  const decoder = new TextDecoder();
  const resources: RemoteResource[] = [];
  let bytes = 0;
  let turn = TURN;
  for await (const chunk of pieces(body)) {
    bytes += chunk.length;
    const before = resources.length;
    for (const element of splitter.push(decoder.decode(chunk, { stream: true }))) {
      const resource = resourceOf(scan(element) ?? parseResponse(element));
      if (resource !== undefined) resources.push(resource);
    }
    if (bytes > limits.bytes || resources.length > limits.entries) {
      throw new OcmError("peer-refused", { message: "The listing of the owner's server is too long." });
    }
    take(chunk.length + (resources.length - before) * OVERHEAD);
    if (bytes < turn) continue;
    turn = bytes + TURN;
    await system.soon();
  }
  splitter.end();
  return resources;
}

async function* pieces(body: Readable): AsyncGenerator<Buffer> {
  // A body that is let go of early may report that as an error, to nobody.
  body.on("error", () => {});
  try {
    for await (const chunk of body) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  } catch (cause) {
    throw new OcmError("peer-unreachable", { message: "The listing of the owner's server broke off.", cause });
  }
}

const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: true,
  parseTagValue: false,
  processEntities: false,
  jPath: false,
  isArray: (name) => name === "response" || name === "propstat",
});

/** The properties that are asked for. */
const WANTED: ReadonlySet<string> = new Set([
  "resourcetype",
  "getcontentlength",
  "getlastmodified",
  "getetag",
  "getcontenttype",
  "permissions",
  "quota-available-bytes",
  "checksums",
]);

/** Reads one `response` of any shape. @throws OcmError peer-incompatible */
function parseResponse(element: string): ToldResponse | undefined {
  let response: unknown;
  try {
    response = list(child(parser.parse(element), "response"))[0];
  } catch (cause) {
    throw notMultistatus(cause);
  }
  const href = written(child(response, "href"));
  if (href === null) return undefined;
  const found = list(child(response, "propstat")).filter((propstat) => isSuccess(written(child(propstat, "status"))));
  const properties = new Map<string, string>();
  for (const name of WANTED) {
    const property = found.map((propstat) => child(child(propstat, "prop"), name)).find((value) => value !== undefined);
    if (property === undefined) continue;
    properties.set(name, written(property) ?? "");
    for (const inner of INNER) {
      const value = child(property, inner);
      if (value !== undefined) properties.set(`${name}/${inner}`, written(value) ?? "");
    }
  }
  return { href, found: found.length > 0, properties };
}

const INNER = ["collection", "checksum"];

function resourceOf(told: ToldResponse | undefined): RemoteResource | undefined {
  if (told === undefined || !told.found) return undefined;
  const text = (name: string) => {
    const value = told.properties.get(name);
    return value === undefined || value === "" ? null : unescapeXml(value);
  };
  return {
    segments: hrefSegments(unescapeXml(told.href)).map(detached),
    type: told.properties.has("resourcetype/collection") ? "folder" : "file",
    size: number(text("getcontentlength")),
    modifiedAt: time(text("getlastmodified")),
    etag: detached(visible(text("getetag"))),
    mediaType: detached(mediaType(text("getcontenttype"))),
    permissions: detached(letters(text("permissions"))),
    quotaAvailable: number(text("quota-available-bytes")),
    checksums: checksums(text("checksums/checksum") ?? text("checksums")).map(detached),
  };
}

/** From so many characters on, a part of a text is kept as a place in that text, with all of it in memory. */
const SLICED = 13;

/** The same text by itself, so that what is kept of a listing does not keep the listing. */
function detached<T extends string | null>(part: T): T | string {
  return part === null || part.length < SLICED ? part : Buffer.from(part).toString();
}

/** A propstat without a status is taken for a good one; else the code in the status line counts. */
function isSuccess(status: string | null): boolean {
  return status === null || /(^|\s)2\d\d(\s|$)/.test(status);
}

function hrefSegments(href: string): string[] {
  const path = href.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "").replace(/[?#].*$/s, "");
  return path
    .split("/")
    .filter((segment) => segment !== "")
    .map(decoded);
}

/** Servers that do not encode send names with a bare `%`. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function number(value: string | null): number | null {
  const size = value !== null && /^\d+$/.test(value) ? Number(value) : Number.NaN;
  return Number.isSafeInteger(size) ? size : null;
}

function time(value: string | null): number | null {
  const milliseconds = Date.parse(value ?? "");
  return Number.isNaN(milliseconds) ? null : milliseconds;
}

function letters(value: string | null): string | null {
  return value !== null && /^[A-Z]{1,32}$/.test(value) ? value : null;
}

/** As ownCloud and Nextcloud write them: several in one text, with spaces between them. */
function checksums(value: string | null): string[] {
  if (value === null) return [];
  const each = value.slice(0, 2_000).split(/\s+/);
  return each.filter((checksum) => /^[A-Za-z0-9-]{1,20}:[A-Za-z0-9+/=]{1,128}$/.test(checksum));
}

/** What may go on into a header field, or null. */
export function visible(value: string | null | undefined): string | null {
  return value != null && /^[\x21-\x7e]{1,1000}$/.test(value) ? value : null;
}

/** A media type that is safe to hand on, or null. */
export function mediaType(value: string | null | undefined): string | null {
  return value != null && /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}(;[\x20-\x7e]{0,100})?$/.test(value) ? value : null;
}

function child(node: unknown, name: string): unknown {
  if (typeof node !== "object" || node === null) return undefined;
  return Object.hasOwn(node, name) ? Reflect.get(node, name) : undefined;
}

function list(node: unknown): unknown[] {
  return Array.isArray(node) ? node : [];
}

/** The text of an element as it is written, also of one that comes twice or has attributes; null where it has none. */
function written(node: unknown): string | null {
  if (typeof node === "string") return node === "" ? null : node;
  if (Array.isArray(node)) return written(node[0]);
  return node === undefined ? null : written(child(node, "#text"));
}
