import type { RemoteEntry } from "../../api.ts";
import type { System } from "../../ports/system.ts";
import { isUsableName } from "../dav/share-path.ts";
import type { RemoteResource } from "./multistatus.ts";

/**
 * The body of a PROPFIND. The space that is left is asked for at the share itself alone: servers work it out for each folder that they tell
 * of, and it is the same for all of them.
 */
export function propfindBody(path: string): Buffer {
  return path === "" ? ROOT_BODY : BODY;
}

const BODY = body("");
const ROOT_BODY = body("<d:quota-available-bytes/>");

function body(more: string): Buffer {
  return Buffer.from(
    '<?xml version="1.0" encoding="utf-8"?>\n<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><d:resourcetype/>' +
      "<d:getcontentlength/><d:getlastmodified/><d:getetag/><d:getcontenttype/><oc:permissions/><oc:checksums/>" +
      `${more}</d:prop></d:propfind>`,
  );
}

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

/** After so many entries others have their turn. */
const TURN = 5_000;

/** The children by name; names that could be mistaken for paths are left out, of a name that comes twice the first counts. */
export async function childEntries(
  children: RemoteResource[],
  folder: string,
  system: Pick<System, "soon">,
): Promise<Map<string, RemoteEntry>> {
  const entries = new Map<string, RemoteEntry>();
  for (const [index, child] of children.entries()) {
    if (index % TURN === TURN - 1) await system.soon();
    const name = child.segments.at(-1) ?? "";
    if (!isUsableName(name) || entries.has(name)) continue;
    entries.set(name, entryOf(child, name, folder === "" ? name : `${folder}/${name}`));
  }
  return entries;
}

/** One resource as an entry. It may be given to many, so it cannot be changed. */
export function entryOf(resource: RemoteResource, name: string, path: string): RemoteEntry {
  const { type, size, modifiedAt, etag, mediaType, permissions, quotaAvailable, checksums } = resource;
  const isFile = type === "file";
  return Object.freeze({
    name,
    path,
    type,
    size: isFile ? size : null,
    modifiedAt,
    etag,
    mediaType: isFile ? mediaType : null,
    ...(permissions === null ? {} : { permissions }),
    ...(quotaAvailable === null ? {} : { quotaAvailable }),
    ...(checksums.length === 0 ? {} : { checksums: Object.freeze(checksums) }),
  });
}

/** The decoded segments of a URL's path. */
export function urlSegments(url: string): string[] {
  return new URL(url).pathname.split("/").flatMap((segment) => (segment === "" ? [] : [decodeURIComponent(segment)]));
}

function sameSegments(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((segment, index) => segment === right[index]);
}
