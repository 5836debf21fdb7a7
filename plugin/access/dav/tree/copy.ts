import { addAbortSignal } from "node:stream";
import type { HostEntry } from "../../../ports/host.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { changed } from "../../changes/folder-versions.ts";
import { hostRefusal, multistatusReply } from "../error-reply.ts";
import { mayChange } from "../locks/locks.ts";
import { checkPreconditions } from "../preconditions.ts";
import { type DavDeps, type DavReply, type DavRequest, depthOf } from "../request.ts";
import { existing, resolveNode, type ShareNode, versioned } from "../share-node.ts";
import { type CopyFailure, copyTree, mayGoOn } from "./copy-tree.ts";
import { destinationNode, destinationOf } from "./destination.ts";
import { forget } from "./tree.ts";

/**
 * COPY within the share (RFC 4918 section 9.8). What cannot be copied is told for each file or folder in a 207, and the rest is copied.
 * Properties are copied, locks are not. It stops where it is when the share ends or the client goes away.
 */
export async function copy(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const { gone } = request;
  const copying: DavDeps = {
    ...deps,
    stillValid: async () => gone?.aborted !== true && (await deps.stillValid()),
    guard: (stream) => deps.guard(gone === undefined ? stream : addAbortSignal(gone, stream)),
  };
  if (deps.turns === undefined) return copyNow(request, copying);
  return deps.turns.inTurn(deps.principal, async () => {
    await mayGoOn(copying);
    return copyNow(request, copying);
  });
}

async function copyNow(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const source = resolveNode(deps, request.path);
  const target = destinationNode(request, deps);
  const found = await existing(deps, source);
  const deep = readDepth(request) && found.type === "folder";
  checkPreconditions(request, await versioned(deps, source.path, found));
  const { replaced, itself } = await destinationOf(request, deps, { node: source, entry: found }, target, deep);
  if (itself) throw new OcmError("forbidden", { message: "Source and destination are the same." });
  await mayChange(request, deps, [{ path: target.path, deep: true, member: replaced === undefined, entry: replaced }]);
  let failures: CopyFailure[];
  try {
    if (replaced !== undefined) await makeRoom(deps, target, replaced, found);
    const what = { entry: found, deep, replace: replaced?.type === "file" };
    failures = await copyTree(deps, source, target, what);
    await copyNotes(deps, source, target, deep || found.type === "file");
    for (const { path } of failures) await deps.store.notes.remove(deps.tree, path);
  } catch (error) {
    // Nothing may be there, so nothing is noted about it.
    await changed(deps, [target.path]);
    // Where nobody waits for it any more, it does not matter what it failed with.
    await mayGoOn(deps);
    throw hostRefusal(error, "conflict");
  }
  await changed(deps, [found.type === "folder" ? `${target.path}/` : target.path]);
  if (failures.length > 0) return multistatusReply(failures);
  if (replaced !== undefined) return { status: 204, headers: {}, body: null };
  return { status: 201, headers: { "content-length": "0" }, body: null };
}

/** True for all that is in the folder. */
function readDepth(request: DavRequest): boolean {
  const depth = depthOf(request) ?? "infinity";
  if (depth !== "0" && depth !== "infinity") {
    throw new OcmError("bad-request", { message: "Depth has to be 0 or infinity." });
  }
  return depth === "infinity";
}

/** A file over a file is replaced in one step, once its content is there; anything else has to go first (section 9.8.4). */
async function makeRoom(deps: DavDeps, target: ShareNode, replaced: HostEntry, source: HostEntry): Promise<void> {
  if (replaced.type === "file" && source.type === "file") return;
  await deps.files.remove(deps.share.user, target.path);
  await forget(deps, target.path);
}

async function copyNotes(deps: DavDeps, source: ShareNode, target: ShareNode, deep: boolean): Promise<void> {
  const { store, tree, system } = deps;
  if (deep) return store.notes.copy(tree, source.path, target.path);
  // What was there before may have gone without a word, and its notes stayed.
  await store.notes.remove(tree, target.path);
  const note = await store.notes.get(tree, source.path);
  if (note === undefined) return;
  await store.notes.put({ ...note, path: target.path, version: 1, checksum: null, updatedAt: system.now() });
}
