import type { RemoteEntry } from "../../api.ts";
import { OcmError } from "../../protocol/errors.ts";
import { isUsableName } from "../dav/share-path.ts";
import { notMultistatus } from "./element-splitter.ts";
import type { RemoteResource } from "./multistatus.ts";

/** What a PROPFIND of a listing or a single resource asks for. */
export const PROPFIND_BODY = Buffer.from(
  '<?xml version="1.0" encoding="utf-8"?>\n<d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:getcontentlength/>' +
    "<d:getlastmodified/><d:getetag/><d:getcontenttype/></d:prop></d:propfind>",
);

/** The answer to a PROPFIND of depth 1, taken apart. */
export interface Listing {
  self: RemoteResource | undefined;
  children: RemoteResource[];
}

/**
 * Tells the folder itself from its children. Servers write it under the requested path, or under a path of their own without their
 * prefix, and mostly first: so it is the one with the requested path, else the first of those with the shortest.
 * @param requested the decoded segments of the requested URL's path
 */
export function takeApart(resources: RemoteResource[], requested: readonly string[]): Listing {
  const shortest = resources.reduce(
    (length, { segments }) => Math.min(length, segments.length),
    Number.POSITIVE_INFINITY,
  );
  const self =
    resources.find(({ segments }) => sameSegments(segments, requested)) ??
    resources.find(({ segments }) => segments.length === shortest);
  const depth = (self?.segments.length ?? 0) + 1;
  return { self, children: resources.filter((resource) => resource !== self && resource.segments.length === depth) };
}

/** The children as entries; names that could be mistaken for paths are left out, of a name that comes twice the first counts. */
export function childEntries(children: RemoteResource[], folder: string): RemoteEntry[] {
  const entries = new Map<string, RemoteEntry>();
  for (const child of children) {
    const name = child.segments.at(-1) ?? "";
    if (!isUsableName(name) || entries.has(name)) continue;
    entries.set(name, entryOf(child, name, folder === "" ? name : `${folder}/${name}`));
  }
  return [...entries.values()];
}

/** One resource as an entry. */
export function entryOf(resource: RemoteResource, name: string, path: string): RemoteEntry {
  const { type, size, modifiedAt, etag, mediaType } = resource;
  return {
    name,
    path,
    type,
    size: type === "file" ? size : null,
    modifiedAt,
    etag,
    mediaType: type === "file" ? mediaType : null,
  };
}

/** The folder itself, checked to be one. @throws OcmError conflict when it is a file, peer-incompatible when nothing was told */
export function folderOf(listing: Listing): RemoteResource {
  if (listing.self === undefined) throw notMultistatus();
  if (listing.self.type === "file") throw new OcmError("conflict", { message: "This is a file, not a folder." });
  return listing.self;
}

/** The decoded segments of a URL's path. */
export function urlSegments(url: string): string[] {
  return new URL(url).pathname.split("/").flatMap((segment) => (segment === "" ? [] : [decodeURIComponent(segment)]));
}

function sameSegments(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((segment, index) => segment === right[index]);
}
