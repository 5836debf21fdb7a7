import type { Permission } from "../../ports/records.ts";
import { OcmError } from "../../protocol/errors.ts";
import { download } from "./download.ts";
import { errorReply, hostRefusal } from "./error-reply.ts";
import { propfind } from "./propfind.ts";
import type { DavDeps, DavReply, DavRequest, DavShare } from "./request.ts";
import { makeFolder, move, remove } from "./tree.ts";
import { upload } from "./upload.ts";

interface Method {
  /** The permissions that it needs, all of them. */
  needs: readonly Permission[];
  handle(request: DavRequest, deps: DavDeps): Promise<DavReply>;
}

/** What a share's resources can do. */
const METHODS: Readonly<Record<string, Method>> = {
  OPTIONS: { needs: [], handle: options },
  PROPFIND: { needs: ["read"], handle: propfind },
  GET: { needs: ["read"], handle: download },
  HEAD: { needs: ["read"], handle: download },
  PUT: { needs: ["write"], handle: upload },
  MKCOL: { needs: ["write"], handle: makeFolder },
  DELETE: { needs: ["read", "write"], handle: remove },
  MOVE: { needs: ["read", "write"], handle: move },
};

/** Methods of RFC 9110, RFC 4918 and RFC 5789 that are known and not given here. */
const KNOWN: ReadonlySet<string> = new Set(["POST", "PATCH", "TRACE", "COPY", "PROPPATCH", "LOCK", "UNLOCK"]);

/**
 * Serves one WebDAV request (RFC 4918 class 1) for a share that the caller has authorized. Refusals are answers too; what a broken
 * file adapter throws comes out as it is. The permissions count exactly as they are listed: `write` without `read` takes new files and
 * folders and shows nothing.
 */
export async function serveShare(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  try {
    const method = Object.hasOwn(METHODS, request.method) ? METHODS[request.method] : undefined;
    if (method === undefined) throw new OcmError(KNOWN.has(request.method) ? "method-not-allowed" : "not-supported");
    if (!permits(deps.share, method)) throw new OcmError("forbidden", { message: "The share does not permit this." });
    return await method.handle(request, deps);
  } catch (error) {
    const refusal = hostRefusal(error);
    if (!(refusal instanceof OcmError)) throw error;
    const reply = errorReply(refusal);
    if (reply.status === 405 || reply.status === 501) reply.headers.allow = allowed(deps.share);
    if (request.method === "HEAD") reply.body = null;
    return reply;
  }
}

async function options(_request: DavRequest, deps: DavDeps): Promise<DavReply> {
  return { status: 200, headers: { dav: "1", allow: allowed(deps.share), "content-length": "0" }, body: null };
}

function allowed(share: DavShare): string {
  return Object.entries(METHODS)
    .filter(([, method]) => permits(share, method))
    .map(([name]) => name)
    .join(", ");
}

function permits(share: DavShare, method: Method): boolean {
  return method.needs.every((permission) => share.permissions.includes(permission));
}
