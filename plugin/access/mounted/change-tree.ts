import { OcmError } from "../../protocol/errors.ts";
import { type DavReply, type DavRequest, depthOf, header } from "../dav/request.ts";
import type { MountedDeps } from "./mounted-request.ts";
import type { PlaceInShare } from "./mounted-shares.ts";
import { checkConditions, forgetPlace, mayChangePlaces } from "./private-notes.ts";

const CREATED: DavReply = { status: 201, headers: { "content-length": "0" }, body: null };
const NO_CONTENT: DavReply = { status: 204, headers: {}, body: null };

/** MKCOL (RFC 4918 section 9.3). */
export async function makeFolder(request: DavRequest, deps: MountedDeps, place: PlaceInShare): Promise<DavReply> {
  if (hasBody(request)) {
    throw new OcmError("unsupported-media-type", { message: "A folder is created without a body." });
  }
  if (place.path === "") throw taken();
  const { user, remote, context } = deps;
  await checkConditions(request, deps, place, ["if-match", "if-none-match", "if-unmodified-since"]);
  await mayChangePlaces(request, deps, [{ place, member: true }]);
  try {
    await remote.mkdir(user, place.share.id, place.path, context);
  } catch (error) {
    // Whether something is there or the folder around it is missing, servers say in different ways; only looking tells.
    if (!isRefusal(error, "conflict") || !(await exists(deps, place))) throw error;
    throw taken();
  }
  return CREATED;
}

/** DELETE (RFC 4918 section 9.6). A share ends here by leaving it, which a program that tidies up should not do by chance. */
export async function removeEntry(request: DavRequest, deps: MountedDeps, place: PlaceInShare): Promise<DavReply> {
  if (place.path === "") {
    throw new OcmError("forbidden", { message: "A share is not removed like a file: leave the share instead." });
  }
  const depth = depthOf(request);
  if (depth !== undefined && depth !== "infinity" && place.hasSlash) {
    throw new OcmError("bad-request", {
      message: "A folder is removed with all that is in it: Depth has to be infinity.",
    });
  }
  await checkConditions(request, deps, place, ["if-none-match", "if-unmodified-since"]);
  await mayChangePlaces(request, deps, [{ place, deep: true, member: true }]);
  const context = { ...deps.context, ifMatch: header(request, "if-match") };
  await deps.remote.remove(deps.user, place.share.id, place.path, context);
  await forgetPlace(deps, place);
  return NO_CONTENT;
}

function taken(): OcmError {
  return new OcmError("method-not-allowed", { message: "There is something at this path already." });
}

/** Is something at this place at the owner now? @throws OcmError where that cannot be told */
export async function exists(deps: MountedDeps, place: PlaceInShare): Promise<boolean> {
  try {
    const { stale } = await deps.remote.stat(deps.user, place.share.id, place.path, deps.context);
    if (stale != null) throw new OcmError("peer-unreachable", { message: stale.reason.message });
    return true;
  } catch (error) {
    if (isRefusal(error, "resource-missing")) return false;
    throw error;
  }
}

/** Is it a refusal with this code? */
export function isRefusal(error: unknown, code: OcmError["code"]): boolean {
  return error instanceof OcmError && error.code === code;
}

function hasBody(request: DavRequest): boolean {
  const length = header(request, "content-length");
  if (length !== undefined) return length.trim() !== "0";
  return header(request, "transfer-encoding") !== undefined;
}
