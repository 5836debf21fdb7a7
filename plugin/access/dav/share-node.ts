import type { HostEntry } from "../../ports/host.ts";
import { OcmError } from "../../protocol/errors.ts";
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

/** The path of a child in the owner's tree. */
function below(folder: string, segments: readonly string[]): string {
  if (segments.length === 0) return folder;
  return `${folder === "/" ? "" : folder}/${segments.join("/")}`;
}

/** The folder that holds this path; "/" for the top. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function namesSharedFile(share: DavShare, segments: string[]): boolean {
  const [name, ...more] = segments;
  if (name === undefined) return true;
  return more.length === 0 && (name === share.name || name === share.path.slice(share.path.lastIndexOf("/") + 1));
}
