import type { HostEntry } from "../../ports/host.ts";
import { OcmError } from "../../protocol/errors.ts";
import { folderVersions, withVersion } from "../changes/folder-versions.ts";
import { childPath } from "../tree-paths.ts";
import type { DavDeps, DavShare } from "./request.ts";
import { encodeSharePath, parseSharePath } from "./share-path.ts";

/** One place in a share, which may or may not exist. */
export interface ShareNode {
  /** Path in the owner's tree. */
  path: string;
  /** Address for clients, without a slash that only its being a folder would add. */
  href: string;
  /** The shared resource itself. */
  isRoot: boolean;
  /** The address was written with a slash at the end. */
  hasSlash: boolean;
}

/**
 * The place that an undecoded path below a share names. A shared file answers at its own address, with a slash after it and with
 * its name after that, because receiving servers use all three.
 * @throws OcmError path-invalid; resource-missing below a shared file
 */
export function resolveNode(deps: Pick<DavDeps, "share" | "base">, path: string): ShareNode {
  const segments = parseSharePath(path);
  const hasSlash = path.endsWith("/");
  const { share, base } = deps;
  if (share.resourceType === "file") {
    if (!namesSharedFile(share, segments)) throw new OcmError("resource-missing");
    const href = base + (segments.length === 0 ? path : encodeSharePath(segments));
    return { path: share.path, href, isRoot: true, hasSlash };
  }
  return {
    path: below(share.path, segments),
    href: base + encodeSharePath(segments),
    isRoot: segments.length === 0,
    hasSlash,
  };
}

/**
 * What is at a place. A shared file that has become a folder, or the other way round, is no longer what was shared.
 */
export async function statNode(deps: DavDeps, node: ShareNode): Promise<HostEntry | undefined> {
  const entry = await deps.files.stat(deps.share.user, node.path);
  return node.isRoot && entry?.type !== deps.share.resourceType ? undefined : entry;
}

/** What is at a place. @throws OcmError resource-missing */
export async function existing(deps: DavDeps, node: ShareNode): Promise<HostEntry> {
  const entry = await statNode(deps, node);
  if (entry === undefined) throw new OcmError("resource-missing");
  return entry;
}

/** A place below the shared resource. @throws OcmError forbidden for the resource itself, and as `resolveNode` does */
export function innerNode(deps: Pick<DavDeps, "share" | "base">, path: string): ShareNode {
  const node = resolveNode(deps, path);
  if (node.isRoot) {
    throw new OcmError("forbidden", { message: "The shared resource itself cannot be moved, replaced or removed." });
  }
  return node;
}

/** The entry with an entity tag that covers what is below it, for whoever compares or tells it. */
export async function versioned(
  deps: Pick<DavDeps, "tree" | "store">,
  path: string,
  entry: HostEntry,
): Promise<HostEntry> {
  if (entry.type === "file") return entry;
  return withVersion(entry, (await folderVersions(deps, [path])).get(path));
}

function below(folder: string, segments: readonly string[]): string {
  return segments.length === 0 ? folder : childPath(folder, segments.join("/"));
}

function namesSharedFile(share: DavShare, segments: string[]): boolean {
  const [name, ...more] = segments;
  if (name === undefined) return true;
  return more.length === 0 && (name === share.name || name === share.path.slice(share.path.lastIndexOf("/") + 1));
}
