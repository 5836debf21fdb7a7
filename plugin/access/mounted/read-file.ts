import type { Readable } from "node:stream";
import type { RemoteFile } from "../../api.ts";
import { OcmError } from "../../protocol/errors.ts";
import { type DavReply, type DavRequest, header } from "../dav/request.ts";
import { isUsable } from "../remote/received.ts";
import type { MountedDeps } from "./mounted-request.ts";
import type { Place } from "./mounted-shares.ts";

/**
 * What comes from another server is never to run in the name of this origin: a browser is told to store it, and no page of another
 * site gets it.
 */
const SAFE = {
  "accept-ranges": "bytes",
  "cache-control": "private, no-cache",
  "content-disposition": "attachment",
  "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};
const PASSED = ["content-length", "content-range", "etag", "last-modified"] as const;
/** Types that a page of this origin could load as a script, a style or a document. */
const ACTIVE = /script|css|html|svg|wasm|\bxml\b/i;

/**
 * GET and HEAD of a file. The owner's server evaluates ranges and conditions; its answer is passed on as it arrives, at the pace of
 * the client, and nothing of it is kept.
 */
export async function readFile(request: DavRequest, deps: MountedDeps, place: Place): Promise<DavReply> {
  if (place.top || (place.path === "" && place.share.resourceType === "folder")) throw noContent();
  const head = request.method === "HEAD";
  const conditions = {
    head,
    range: header(request, "range"),
    ifRange: header(request, "if-range"),
    ifMatch: header(request, "if-match"),
    ifNoneMatch: header(request, "if-none-match"),
    ifModifiedSince: header(request, "if-modified-since"),
    ifUnmodifiedSince: header(request, "if-unmodified-since"),
  };
  const context = { ...deps.context, ...conditions };
  const file = await deps.remote.read(deps.user, place.share.id, place.path, context).catch((error) => {
    // Of a thing that is there and cannot be read, servers say that the method is not for it.
    throw error instanceof OcmError && error.code === "conflict" ? noContent() : error;
  });
  const headers = headersOf(file);
  if (head || file.status === 304 || file.status === 416) {
    letGo(file);
    if (file.status === 416) headers["content-length"] = "0";
    return { status: file.status, headers, body: null };
  }
  return { status: file.status, headers, body: watched(deps, place.share.id, file.body) };
}

/** Ends the stream once the client, or this person, may not use the share any more. */
export function watched<S extends Readable>(deps: MountedDeps, share: string, stream: S): S {
  const stillValid = async () => (await deps.stillValid()) && (await isStillUsable(deps, share));
  return deps.transfers.watch(stream, `${deps.principal} ${share}`, stillValid);
}

function noContent(): OcmError {
  return new OcmError("method-not-allowed", { message: "A folder has no content." });
}

async function isStillUsable({ store, system }: MountedDeps, id: string): Promise<boolean> {
  const share = await store.incoming.get(id);
  return share !== undefined && isUsable(share, system.now());
}

function headersOf(file: RemoteFile): Record<string, string> {
  const headers: Record<string, string> = { ...SAFE };
  for (const name of PASSED) {
    const value = file.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  if (file.status === 200 || file.status === 206) {
    const { "content-type": type = "" } = file.headers;
    headers["content-type"] = type === "" || ACTIVE.test(type) ? "application/octet-stream" : type;
  }
  return headers;
}

/** A body that is let go of early may report just that. */
function letGo({ body }: RemoteFile): void {
  body.on("error", () => {});
  body.destroy();
}
