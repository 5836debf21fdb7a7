import type { Readable } from "node:stream";
import { XMLParser } from "fast-xml-parser";
import { OcmError } from "../../protocol/errors.ts";
import { unescapeXml } from "../xml.ts";
import { ElementSplitter, notMultistatus } from "./element-splitter.ts";

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
}

/** Bounds for one listing. */
export interface ListingLimits {
  bytes: number;
  entries: number;
}

export const LISTING_LIMITS: ListingLimits = { bytes: 67_108_864, entries: 200_000 };

/**
 * Reads a 207 as any of the known servers writes it: whatever prefixes, absolute or path-only hrefs, encoded or not. Only what has a
 * 2xx propstat counts; responses that tell of an error are left out.
 * @throws OcmError peer-incompatible when it is no multistatus, peer-refused beyond the limits, peer-unreachable when it breaks off
 */
export async function readMultistatus(
  body: Readable,
  limits: ListingLimits = LISTING_LIMITS,
): Promise<RemoteResource[]> {
  const splitter = new ElementSplitter();
  const decoder = new TextDecoder();
  const resources: RemoteResource[] = [];
  let bytes = 0;
  for await (const chunk of pieces(body)) {
    bytes += chunk.length;
    const elements = splitter.push(decoder.decode(chunk, { stream: true }));
    if (elements.length > 0) resources.push(...parseResponses(elements));
    if (bytes > limits.bytes || resources.length > limits.entries) {
      throw new OcmError("peer-refused", { message: "The listing of the owner's server is too long." });
    }
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

function parseResponses(elements: string[]): RemoteResource[] {
  let parsed: unknown;
  try {
    parsed = parser.parse(`<r>${elements.join("")}</r>`);
  } catch (cause) {
    throw notMultistatus(cause);
  }
  return list(child(child(parsed, "r"), "response")).flatMap((response) => resourceOf(response) ?? []);
}

function resourceOf(response: unknown): RemoteResource | undefined {
  const href = text(child(response, "href"));
  const found = list(child(response, "propstat")).filter((propstat) => isSuccess(text(child(propstat, "status"))));
  if (href === null || found.length === 0) return undefined;
  const properties = found.map((propstat) => child(propstat, "prop"));
  const property = (name: string) => properties.map((each) => child(each, name)).find((value) => value !== undefined);
  return {
    segments: hrefSegments(href),
    type: child(property("resourcetype"), "collection") === undefined ? "file" : "folder",
    size: number(text(property("getcontentlength"))),
    modifiedAt: time(text(property("getlastmodified"))),
    etag: visible(text(property("getetag"))),
    mediaType: mediaType(text(property("getcontenttype"))),
  };
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

/** The text of an element, also of one that was written twice or has attributes. */
function text(node: unknown): string | null {
  if (typeof node === "string") return node === "" ? null : unescapeXml(node);
  if (Array.isArray(node)) return text(node[0]);
  return node === undefined ? null : text(child(node, "#text"));
}
