import { HostFileError } from "../../ports/host.ts";
import { OcmError } from "../../protocol/errors.ts";
import { hostRefusal } from "./error-reply.ts";
import { checkPreconditions } from "./preconditions.ts";
import { type DavDeps, type DavReply, type DavRequest, header } from "./request.ts";
import { existing, parentOf, resolveNode, type ShareNode, statNode } from "./share-node.ts";

const CREATED: DavReply = { status: 201, headers: { "content-length": "0" }, body: null };
const NO_CONTENT: DavReply = { status: 204, headers: {}, body: null };

/** MKCOL (RFC 4918 section 9.3). */
export async function makeFolder(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  if (await hasBody(request)) {
    throw new OcmError("unsupported-media-type", { message: "A folder is created without a body." });
  }
  const node = resolveNode(deps, request.path);
  if (node.isRoot || (await statNode(deps, node)) !== undefined) {
    throw new OcmError("method-not-allowed", { message: "There is something at this path already." });
  }
  checkPreconditions(request, undefined);
  try {
    await deps.files.mkdir(deps.share.user, node.path);
  } catch (error) {
    if (error instanceof HostFileError && error.failure === "exists") throw new OcmError("method-not-allowed");
    throw hostRefusal(error, "conflict");
  }
  return CREATED;
}

/** DELETE (RFC 4918 section 9.6). The shared resource itself stays: taking it away is the owner's, by ending the share. */
export async function remove(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const depth = header(request, "depth")?.trim().toLowerCase();
  const node = innerNode(deps, request.path);
  const entry = await existing(deps, node);
  if (entry.type === "folder" && depth !== undefined && depth !== "infinity") {
    throw new OcmError("bad-request", {
      message: "A folder is removed with all that is in it: Depth has to be infinity.",
    });
  }
  checkPreconditions(request, entry);
  await deps.files.remove(deps.share.user, node.path);
  return NO_CONTENT;
}

/** MOVE within the share (RFC 4918 section 9.9). */
export async function move(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const source = innerNode(deps, request.path);
  const target = innerNode(deps, destinationPath(request, deps));
  const overwrite = header(request, "overwrite")?.trim().toUpperCase() !== "F";
  checkPreconditions(request, await existing(deps, source));
  if (target.path === source.path || target.path.startsWith(`${source.path}/`)) {
    throw new OcmError("forbidden", { message: "A resource cannot be moved onto or into itself." });
  }
  if (source.path.startsWith(`${target.path}/`)) {
    throw new OcmError("forbidden", { message: "A resource cannot replace a folder that it is in." });
  }
  const sameName = fold(target.path) === fold(source.path);
  const replaced = sameName ? undefined : await statNode(deps, target);
  if (replaced !== undefined && !overwrite) {
    throw new OcmError("precondition-failed", { message: "There is something at the destination." });
  }
  const parent = await deps.files.stat(deps.share.user, parentOf(target.path));
  if (parent?.type !== "folder")
    throw new OcmError("conflict", { message: "The destination's folder does not exist." });
  await moveOver(deps, source, target, replaced !== undefined);
  return replaced === undefined ? CREATED : NO_CONTENT;
}

/** Some file adapters replace what is at the destination; for the others it is removed first. */
async function moveOver(deps: DavDeps, source: ShareNode, target: ShareNode, replaces: boolean): Promise<void> {
  const { files, share } = deps;
  try {
    await files.move(share.user, source.path, target.path);
  } catch (error) {
    const inTheWay = error instanceof HostFileError && IN_THE_WAY.has(error.failure);
    if (!replaces || !inTheWay) throw error;
    await files.remove(share.user, target.path);
    await files.move(share.user, source.path, target.path);
  }
}

const IN_THE_WAY: ReadonlySet<string> = new Set(["exists", "is-a-folder", "not-a-folder"]);

/**
 * Two paths that fold to the same one may name one file where the file system ignores case or Unicode forms. Then nothing is removed
 * to make room, because it would be the file itself.
 */
function fold(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

function innerNode(deps: DavDeps, path: string): ShareNode {
  const node = resolveNode(deps, path);
  if (node.isRoot)
    throw new OcmError("forbidden", { message: "The shared resource itself cannot be moved or removed." });
  return node;
}

/**
 * The path below the share that a Destination names, undecoded (RFC 4918 section 10.3).
 * @throws OcmError bad-request; forbidden where it is on another server or in another share
 */
function destinationPath(request: DavRequest, deps: Pick<DavDeps, "base" | "origin">): string {
  const value = header(request, "destination")?.trim() ?? "";
  const match = /^(?:(https?:\/\/[^/?#]*))?(\/[^?#]*)$/i.exec(value);
  if (match === null) throw new OcmError("bad-request", { message: "Destination is missing or is not a URL." });
  const [, origin, path = ""] = match;
  const inside = path === deps.base || path.startsWith(`${deps.base}/`);
  if (!inside || (origin !== undefined && origin.toLowerCase() !== deps.origin.toLowerCase())) {
    throw new OcmError("forbidden", { message: "The destination is outside of the share." });
  }
  return path.slice(deps.base.length);
}

async function hasBody(request: DavRequest): Promise<boolean> {
  const length = header(request, "content-length");
  if (length !== undefined) return length.trim() !== "0";
  if (header(request, "transfer-encoding") === undefined) return false;
  for await (const chunk of request.body.iterator({ destroyOnReturn: false })) {
    if (chunk.length > 0) return true;
  }
  return false;
}
