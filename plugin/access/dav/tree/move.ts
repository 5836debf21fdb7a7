import { OcmError } from "../../../protocol/errors.ts";
import { changed } from "../../changes/folder-versions.ts";
import { hostRefusal } from "../error-reply.ts";
import { mayChange } from "../locks/locks.ts";
import { checkPreconditions } from "../preconditions.ts";
import { type DavDeps, type DavReply, type DavRequest, depthOf } from "../request.ts";
import { innerNode, type ShareNode, statNode, versioned } from "../share-node.ts";
import { destinationNode, destinationOf } from "./destination.ts";
import { forget } from "./tree.ts";

const CREATED: DavReply = { status: 201, headers: { "content-length": "0" }, body: null };
const NO_CONTENT: DavReply = { status: 204, headers: {}, body: null };

/** MOVE within the share (RFC 4918 section 9.9). Properties go along, locks do not. */
export async function move(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const source = innerNode(deps, request.path);
  const target = destinationNode(request, deps);
  const found = await statNode(deps, source);
  if (found === undefined) {
    if (await wasMoved(deps, source, target)) return CREATED;
    throw new OcmError("resource-missing");
  }
  const depth = depthOf(request) ?? "infinity";
  if (found.type === "folder" && depth !== "infinity") {
    throw new OcmError("bad-request", {
      message: "A folder is moved with all that is in it: Depth has to be infinity.",
    });
  }
  const entry = await versioned(deps, source.path, found);
  checkPreconditions(request, entry);
  const from = { node: source, entry: found };
  const { replaced } = await destinationOf(request, deps, from, target, found.type === "folder");
  await mayChange(request, deps, [
    { path: source.path, deep: true, member: true, entry },
    { path: target.path, deep: true, member: replaced === undefined, entry: replaced },
  ]);
  try {
    await deps.files.move(deps.share.user, source.path, target.path, { replace: replaced !== undefined });
  } catch (error) {
    throw hostRefusal(error, "conflict");
  }
  deps.moves?.add(deps.principal, source.path, target.path);
  if (replaced?.type === "folder") await forget(deps, target.path);
  else if (replaced !== undefined) await deps.store.notes.remove(deps.tree, target.path);
  await deps.store.notes.move(deps.tree, source.path, target.path);
  await forget(deps, source.path);
  await changed(deps, [source.path, found.type === "folder" ? `${target.path}/` : target.path]);
  return replaced === undefined ? CREATED : NO_CONTENT;
}

/** The same request came a moment ago and was carried out: the client has sent it twice. */
async function wasMoved(deps: DavDeps, source: ShareNode, target: ShareNode): Promise<boolean> {
  if (deps.moves?.has(deps.principal, source.path, target.path) !== true) return false;
  return (await statNode(deps, target)) !== undefined;
}
