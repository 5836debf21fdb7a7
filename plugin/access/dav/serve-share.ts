import type { Permission } from "../../ports/records.ts";
import { OcmError } from "../../protocol/errors.ts";
import { describeFile, download } from "./content/download.ts";
import { upload } from "./content/upload.ts";
import { errorReply, hostRefusal } from "./error-reply.ts";
import { lock, unlock } from "./locks/lock-methods.ts";
import { davClass } from "./properties/properties.ts";
import { propfind } from "./properties/propfind.ts";
import { proppatch } from "./properties/proppatch.ts";
import type { DavDeps, DavReply, DavRequest, DavShare } from "./request.ts";
import { copy } from "./tree/copy.ts";
import { move } from "./tree/move.ts";
import { makeFolder, remove } from "./tree/tree.ts";

interface Method {
  /** The permissions that it needs, all of them. */
  needs: readonly Permission[];
  /** It changes what is in a folder, so a shared file does not have it. */
  inFolders?: boolean;
  handle(request: DavRequest, deps: DavDeps): Promise<DavReply>;
}

/** What a share's resources can do. */
const METHODS: Readonly<Record<string, Method>> = {
  OPTIONS: { needs: [], handle: options },
  PROPFIND: { needs: ["read"], handle: propfind },
  GET: { needs: ["read"], handle: download },
  HEAD: { needs: ["read"], handle: describeFile },
  PUT: { needs: ["write"], handle: upload },
  MKCOL: { needs: ["write"], inFolders: true, handle: makeFolder },
  DELETE: { needs: ["read", "write"], inFolders: true, handle: remove },
  MOVE: { needs: ["read", "write"], inFolders: true, handle: move },
  COPY: { needs: ["read", "write"], inFolders: true, handle: copy },
  PROPPATCH: { needs: ["read", "write"], handle: proppatch },
  LOCK: { needs: ["read", "write"], handle: lock },
  UNLOCK: { needs: ["read", "write"], handle: unlock },
};

/** Methods of RFC 9110 and RFC 5789 that are known and not given here. */
const KNOWN: ReadonlySet<string> = new Set(["POST", "PATCH", "TRACE"]);

/**
 * Serves one WebDAV request (RFC 4918, classes 1 and 2; class 1 where the share is not for reading and writing) for a share that the caller
 * has authorized. Refusals are answers too; what a broken file adapter throws comes out as it is. The permissions count exactly as they
 * are listed: `write` without `read` takes new files and folders and shows nothing.
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
  const headers = {
    dav: davClass(deps.share),
    allow: allowed(deps.share),
    // Without it some programs of Microsoft look for another protocol.
    "ms-author-via": "DAV",
    "content-length": "0",
  };
  return { status: 200, headers, body: null };
}

function allowed(share: DavShare): string {
  return Object.entries(METHODS)
    .filter(([, method]) => permits(share, method) && !(method.inFolders && share.resourceType === "file"))
    .map(([name]) => name)
    .join(", ");
}

function permits(share: DavShare, method: Method): boolean {
  return method.needs.every((permission) => share.permissions.includes(permission));
}
