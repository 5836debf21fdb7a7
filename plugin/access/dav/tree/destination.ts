import type { HostEntry } from "../../../ports/host.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { parentOf } from "../../tree-paths.ts";
import { type DavDeps, type DavRequest, header, isOrigin } from "../request.ts";
import { innerNode, type ShareNode, statNode } from "../share-node.ts";

/** Where a COPY or MOVE leads. */
export interface Destination {
  node: ShareNode;
  /** What is there and has to give way; undefined where nothing is, or only the source itself under another spelling. */
  replaced: HostEntry | undefined;
  /** The destination is the source, written in other capitals or another Unicode form, on a file system that does not tell them apart. */
  itself: boolean;
}

/** The place that the Destination field names. @throws OcmError bad-request, forbidden, path-invalid, resource-missing */
export function destinationNode(request: DavRequest, deps: DavDeps): ShareNode {
  const path = destinationPath(request, deps);
  if (path === undefined) {
    throw new OcmError("forbidden", { message: "The destination is outside of the share." });
  }
  return innerNode(deps, path);
}

/**
 * Checks where a resource is to go (RFC 4918 sections 9.8.5, 9.9.4, 10.6). `source.entry` is as the file adapter gave it.
 * @param recursive with all that is in it, so that it cannot go into itself
 * @throws OcmError forbidden where source and destination are one or within each other; precondition-failed where Overwrite forbids to replace
 * what is there; conflict where the destination's folder does not exist
 */
export async function destinationOf(
  request: DavRequest,
  deps: DavDeps,
  source: { node: ShareNode; entry: HostEntry },
  node: ShareNode,
  recursive: boolean,
): Promise<Destination> {
  const overwrite = readOverwrite(request);
  if (node.path === source.node.path) {
    throw new OcmError("forbidden", { message: "Source and destination are the same." });
  }
  if (recursive && (await isWithin(deps, node.path, source.node.path, source.entry))) {
    throw new OcmError("forbidden", { message: "A folder cannot go into itself." });
  }
  const found = await statNode(deps, node);
  if (found !== undefined && (await isWithin(deps, source.node.path, node.path, found))) {
    throw new OcmError("forbidden", { message: "A resource cannot replace a folder that it is in." });
  }
  const itself = found !== undefined && fold(node.path) === fold(source.node.path) && isSame(found, source.entry);
  const replaced = itself ? undefined : found;
  if (replaced !== undefined && !overwrite) {
    throw new OcmError("precondition-failed", { message: "There is something at the destination." });
  }
  const parent = await deps.files.stat(deps.share.user, parentOf(node.path));
  if (parent?.type !== "folder") {
    throw new OcmError("conflict", { message: "The destination's folder does not exist." });
  }
  return { node, replaced, itself };
}

/** Is the path below this folder, whose entry is given, also where the file system does not tell spellings apart? */
async function isWithin(deps: DavDeps, path: string, folder: string, entry: HostEntry): Promise<boolean> {
  if (folder === "/" || path.startsWith(`${folder}/`)) return true;
  const above = path.split("/").slice(0, folder.split("/").length).join("/");
  if (above === path || fold(above) !== fold(folder)) return false;
  const found = await deps.files.stat(deps.share.user, above);
  return found !== undefined && isSame(found, entry);
}

/** Two spellings that fold to the same text may name one file where the file system ignores case or Unicode forms. */
function fold(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

function isSame(one: HostEntry, other: HostEntry): boolean {
  return one.type === other.type && one.id === other.id && one.etag === other.etag;
}

/** May what is at the destination be replaced (RFC 4918 section 10.6)? @throws OcmError bad-request */
export function readOverwrite(request: DavRequest): boolean {
  const value = header(request, "overwrite")?.trim().toUpperCase() ?? "T";
  if (value !== "T" && value !== "F") throw new OcmError("bad-request", { message: "Overwrite has to be T or F." });
  return value === "T";
}

/**
 * The path below the base that a Destination names, undecoded (RFC 4918 section 10.3). Undefined: it is on another server, or elsewhere on this one.
 * @throws OcmError bad-request
 */
export function destinationPath(
  request: DavRequest,
  { base, origin }: Pick<DavDeps, "base" | "origin">,
): string | undefined {
  const value = header(request, "destination")?.trim() ?? "";
  const match = /^(https?:\/\/[^/?#@]+)?(\/[^?#]*)$/i.exec(value);
  if (match === null) throw new OcmError("bad-request", { message: "Destination is missing or is not a URL." });
  const [, host, path = ""] = match;
  const inside = path === base || path.startsWith(`${base}/`);
  return inside && (host === undefined || isOrigin(host, origin)) ? path.slice(base.length) : undefined;
}
