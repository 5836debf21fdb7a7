import type { AccessContext, WriteConditions } from "../../api.ts";
import { OcmError } from "../../protocol/errors.ts";
import { type AnnouncedChecksum, announcedChecksum } from "../dav/content/checksum.ts";
import { requestedTime } from "../dav/content/upload-time.ts";
import { type DavReply, type DavRequest, header } from "../dav/request.ts";
import { decoupled } from "../remote/decoupled.ts";
import type { MountedDeps } from "./mounted-request.ts";
import type { PlaceInShare } from "./mounted-shares.ts";
import { checkConditions, mayChangePlaces } from "./private-notes.ts";
import { watched } from "./read-file.ts";
import { quoted } from "./remote-properties.ts";
import { verified } from "./verified.ts";

/**
 * PUT: the content goes to the owner's server as it arrives, with the conditions of the request. What that server refuses, such as for want of
 * space, is told the client at once, also in the middle of the upload.
 */
export async function writeFile(request: DavRequest, deps: MountedDeps, place: PlaceInShare): Promise<DavReply> {
  const fields = uploadFields(request);
  if (place.hasSlash || (place.path === "" && place.share.resourceType === "folder")) {
    throw new OcmError("method-not-allowed", { message: "A folder cannot be written; create it with MKCOL." });
  }
  await checkConditions(request, deps, place, ["if-unmodified-since"]);
  await mayChangePlaces(request, deps, [{ place, member: place.path !== "" }]);
  const checksum = announcedChecksum(request);
  const context = { ...deps.context, ...fields, ...(checksum && { checksum: checksum.value }) };
  const { etag, created, timeAccepted } = await send(request, deps, place, context, checksum);
  const headers: Record<string, string> = {
    ...(etag === null ? {} : { etag: quoted(etag), "oc-etag": quoted(etag) }),
    ...(timeAccepted ? { "x-oc-mtime": "accepted" } : {}),
  };
  if (created) return { status: 201, headers: { ...headers, "content-length": "0" }, body: null };
  return { status: 204, headers, body: null };
}

/** An app password that is revoked, or a share that ends, takes no more bytes: the client may never come to the end of them. */
async function send(
  request: DavRequest,
  deps: MountedDeps,
  { share, path }: PlaceInShare,
  context: AccessContext & WriteConditions,
  checksum: AnnouncedChecksum | undefined,
) {
  const { stream, release } = decoupled(request.body);
  const content = verified(watched(deps, share.id, stream), checksum);
  try {
    return await deps.remote.write(deps.user, share.id, path, content, context);
  } catch (error) {
    // What went wrong with the content here says more than that the other server saw an upload break off.
    throw content.errored instanceof OcmError ? content.errored : error;
  } finally {
    release();
  }
}

/** @throws OcmError bad-request, unsupported-media-type for bodies that are not simply the file */
function uploadFields(request: DavRequest): WriteConditions {
  if (header(request, "content-range") !== undefined) {
    throw new OcmError("bad-request", { message: "A file can only be written whole, without Content-Range." });
  }
  if ((header(request, "content-encoding") ?? "identity") !== "identity") {
    throw new OcmError("unsupported-media-type", { message: "Content-Encoding is not supported here." });
  }
  const length = header(request, "content-length") ?? header(request, "x-expected-entity-length");
  return {
    ifMatch: header(request, "if-match"),
    ifNoneMatch: header(request, "if-none-match"),
    size: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined,
    mediaType: header(request, "content-type"),
    modifiedAt: requestedTime(request),
  };
}
