import { HostFileError } from "../../../ports/host.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { changed } from "../../changes/folder-versions.ts";
import { hostRefusal } from "../error-reply.ts";
import { locksMoved, mayChange } from "../locks/locks.ts";
import { checkPreconditions } from "../preconditions.ts";
import { type DavDeps, type DavReply, type DavRequest, depthOf, header } from "../request.ts";
import { readRequestBody } from "../request-body.ts";
import { existing, innerNode, resolveNode, statNode, versioned } from "../share-node.ts";

/** MKCOL (RFC 4918 section 9.3). */
export async function makeFolder(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  if (await hasBody(request, deps)) {
    throw new OcmError("unsupported-media-type", { message: "A folder is created without a body." });
  }
  const node = resolveNode(deps, request.path);
  if (node.isRoot || (await statNode(deps, node)) !== undefined) {
    throw new OcmError("method-not-allowed", { message: "There is something at this path already." });
  }
  checkPreconditions(request, undefined);
  await mayChange(request, deps, [{ path: node.path, member: true, entry: undefined }]);
  try {
    await deps.files.mkdir(deps.share.user, node.path);
  } catch (error) {
    if (error instanceof HostFileError && error.failure === "exists") throw new OcmError("method-not-allowed");
    throw hostRefusal(error, "conflict");
  }
  await changed(deps, [node.path]);
  return { status: 201, headers: { "content-length": "0" }, body: null };
}

/** DELETE (RFC 4918 section 9.6). The shared resource itself stays: taking it away is the owner's, by ending the share. */
export async function remove(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const depth = depthOf(request);
  const node = innerNode(deps, request.path);
  const entry = await versioned(deps, node.path, await existing(deps, node));
  if (entry.type === "folder" && depth !== undefined && depth !== "infinity") {
    throw new OcmError("bad-request", {
      message: "A folder is removed with all that is in it: Depth has to be infinity.",
    });
  }
  checkPreconditions(request, entry);
  await mayChange(request, deps, [{ path: node.path, deep: true, member: true, entry }]);
  try {
    await deps.files.remove(deps.share.user, node.path);
  } catch (error) {
    // Part of what was in a folder may be gone.
    if (entry.type === "folder") await changed(deps, [`${node.path}/`]);
    throw error;
  }
  await forget(deps, node.path);
  await changed(deps, [node.path]);
  return { status: 204, headers: {}, body: null };
}

/** What is kept about a path, and about everything below it, is gone with it. */
export async function forget(deps: DavDeps, path: string): Promise<void> {
  await locksMoved(deps, path);
  await deps.store.notes.remove(deps.tree, path);
  await deps.store.marks.remove(deps.tree, path);
}

async function hasBody(request: DavRequest, deps: DavDeps): Promise<boolean> {
  const length = header(request, "content-length");
  if (length !== undefined) return length.trim() !== "0";
  if (header(request, "transfer-encoding") === undefined) return false;
  return (await readRequestBody(request, deps)).length > 0;
}
