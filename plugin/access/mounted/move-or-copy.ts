import { OcmError } from "../../protocol/errors.ts";
import { type DavReply, type DavRequest, depthOf } from "../dav/request.ts";
import { destinationPath, readOverwrite } from "../dav/tree/destination.ts";
import { exists, isRefusal } from "./change-tree.ts";
import type { MountedDeps } from "./mounted-request.ts";
import { type PlaceInShare, placeOf } from "./mounted-shares.ts";
import { carryAlong, checkConditions, forgetPlace, mayChangePlaces } from "./private-notes.ts";

const CREATED: DavReply = { status: 201, headers: { "content-length": "0" }, body: null };
const NO_CONTENT: DavReply = { status: 204, headers: {}, body: null };
const CONDITIONS = ["if-match", "if-none-match", "if-unmodified-since"];

/** What a MOVE or COPY is between. */
interface Transfer {
  from: PlaceInShare;
  to: PlaceInShare;
  overwrite: boolean;
  /** A folder is copied without what is in it. */
  shallow: boolean;
}

/**
 * MOVE and COPY (RFC 4918 sections 9.8 and 9.9). Within one share the owner's server does it; between two shares nobody can, because
 * neither server reaches the other.
 */
export async function moveOrCopy(request: DavRequest, deps: MountedDeps, place: PlaceInShare): Promise<DavReply> {
  const transfer = await readTransfer(request, deps, place);
  const { from, to, overwrite, shallow } = transfer;
  const { user, remote, context } = deps;
  const moves = request.method === "MOVE";
  const target = { place: to, deep: true, member: true };
  await checkConditions(request, deps, from, CONDITIONS);
  await mayChangePlaces(request, deps, moves ? [{ place: from, deep: true, member: true }, target] : [target]);
  if (shallow) return copyFolderAlone(deps, transfer);
  const method = moves ? remote.move : remote.copy;
  const { created } = await method(user, from.share.id, from.path, to.path, { ...context, overwrite });
  await carryAlong(deps, from, to, moves);
  return created ? CREATED : NO_CONTENT;
}

/** The owner's server is asked for a new folder, after what is there has been removed. Properties stay with the folder that has them. */
async function copyFolderAlone(deps: MountedDeps, { to, overwrite }: Transfer): Promise<DavReply> {
  const { user, remote, context } = deps;
  const replaces = await exists(deps, to);
  if (replaces && !overwrite) {
    throw new OcmError("precondition-failed", { message: "There is something at the destination." });
  }
  if (replaces) {
    await remote.remove(user, to.share.id, to.path, context);
    await forgetPlace(deps, to);
  }
  await remote.mkdir(user, to.share.id, to.path, context);
  return replaces ? NO_CONTENT : CREATED;
}

/** @throws OcmError bad-request, forbidden, path-invalid, resource-missing */
async function readTransfer(request: DavRequest, deps: MountedDeps, from: PlaceInShare): Promise<Transfer> {
  const moves = request.method === "MOVE";
  const depth = depthOf(request) ?? "infinity";
  if (depth !== "infinity" && (moves || depth !== "0")) {
    throw new OcmError("bad-request", { message: "Depth has to be infinity." });
  }
  const overwrite = readOverwrite(request);
  if (moves && from.path === "") {
    throw new OcmError("forbidden", { message: "A share cannot be moved or renamed here." });
  }
  const path = destinationPath(request, deps);
  if (path === undefined) throw elsewhere();
  const to = await placeOf(deps, deps.user, path).catch((error) => {
    // There is no such share: only others make what is at the top of the tree.
    throw isRefusal(error, "resource-missing") ? elsewhere() : error;
  });
  if (to.top || to.share.id !== from.share.id) throw elsewhere();
  if (to.path === "") throw new OcmError("forbidden", { message: "A share cannot be replaced." });
  const inside = (inner: string, outer: string) => outer === "" || inner.startsWith(`${outer}/`);
  if (to.path === from.path || inside(to.path, from.path) || inside(from.path, to.path)) {
    throw new OcmError("forbidden", { message: "A resource cannot be moved or copied onto or into itself." });
  }
  const shallow =
    depth === "0" && (await deps.remote.stat(deps.user, from.share.id, from.path, deps.context)).type === "folder";
  return { from, to, overwrite, shallow };
}

function elsewhere(): OcmError {
  return new OcmError("forbidden", {
    message: "Files are moved and copied within one share only. Download the file and upload it again.",
  });
}
