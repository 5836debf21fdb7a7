import { OcmError } from "../../protocol/errors.ts";
import { errorReply, hostRefusal } from "../dav/error-reply.ts";
import { lock, unlock } from "../dav/locks/lock-methods.ts";
import { proppatch } from "../dav/properties/proppatch.ts";
import type { DavDeps, DavReply, DavRequest } from "../dav/request.ts";
import { makeFolder, removeEntry } from "./change-tree.ts";
import { listTree } from "./list-tree.ts";
import type { MountedDeps } from "./mounted-request.ts";
import { type Place, type PlaceInShare, permissionsOf, placeOf } from "./mounted-shares.ts";
import { moveOrCopy } from "./move-or-copy.ts";
import { dividePath } from "./private-notes.ts";
import { readFile } from "./read-file.ts";
import { shareDeps } from "./share-deps.ts";
import { writeFile } from "./write-file.ts";

type Handler<P> = (request: DavRequest, deps: MountedDeps, place: P) => Promise<DavReply>;

const READING: Readonly<Record<string, Handler<Place>>> = { PROPFIND: listTree, GET: readFile, HEAD: readFile };
const CHANGING: Readonly<Record<string, Handler<PlaceInShare>>> = {
  PUT: writeFile,
  MKCOL: makeFolder,
  DELETE: removeEntry,
  MOVE: moveOrCopy,
  COPY: moveOrCopy,
  PROPPATCH: privately(proppatch),
  LOCK: privately(lock),
  UNLOCK: privately(unlock),
};
/** They may name what is not there yet. */
const CREATING: ReadonlySet<string> = new Set(["PUT", "MKCOL", "LOCK"]);
const ALLOWED = ["OPTIONS", ...Object.keys(READING), ...Object.keys(CHANGING)].join(", ");
/** Methods of RFC 9110 and RFC 5789 that are known and not given here. */
const KNOWN: ReadonlySet<string> = new Set(["POST", "PATCH", "TRACE"]);

/** Does a request with this method leave everything as it is? */
export function isReading(method: string): boolean {
  return method === "OPTIONS" || Object.hasOwn(READING, method);
}

/** The answer to OPTIONS, which is the same for everybody and everything. */
export function mountedOptions(): DavReply {
  return {
    status: 200,
    // Without the last one, a client of one vendor takes the server for another kind.
    headers: { dav: "1, 2", allow: ALLOWED, "content-length": "0", "ms-author-via": "DAV" },
    body: null,
  };
}

/**
 * Serves one WebDAV request (RFC 4918 classes 1 and 2) for a person's tree of received shares: the shares by name, and in them what the
 * owners' servers have. The caller has authenticated the person. Refusals are answers too, with the status and the words of the
 * owner's server where they are its own.
 */
export async function serveMounted(request: DavRequest, deps: MountedDeps): Promise<DavReply> {
  try {
    return await answer(request, deps);
  } catch (error) {
    const refusal = hostRefusal(error);
    if (!(refusal instanceof OcmError)) throw error;
    const reply = errorReply(asSeenInTheTree(refusal));
    if (reply.status === 405 || reply.status === 501) reply.headers.allow = ALLOWED;
    if (request.method === "HEAD") reply.body = null;
    return reply;
  }
}

async function answer(request: DavRequest, deps: MountedDeps): Promise<DavReply> {
  const { method } = request;
  if (method === "OPTIONS") return mountedOptions();
  const read = Object.hasOwn(READING, method) ? READING[method] : undefined;
  const change = Object.hasOwn(CHANGING, method) ? CHANGING[method] : undefined;
  if (read === undefined && change === undefined) {
    throw new OcmError(KNOWN.has(method) ? "method-not-allowed" : "not-supported");
  }
  const place = await placeOf(deps, deps.user, request.path).catch((error) => {
    throw CREATING.has(method) && error instanceof OcmError && error.code === "resource-missing" ? ofOthers() : error;
  });
  if (read !== undefined) return read(request, deps, place);
  if (place.top || change === undefined) throw ofOthers();
  // The owner's server would refuse it too, after the bytes had gone there.
  if (!permissionsOf(place.share).includes("write")) {
    throw new OcmError("forbidden", { message: "The share can only be read." });
  }
  return change(request, deps, place);
}

/**
 * Locks and dead properties are kept here: they hold between the programs with which this person uses the tree, and the owner's server does
 * not know of them. Its own locks hold anyway, by its 423.
 */
function privately(serve: (request: DavRequest, deps: DavDeps) => Promise<DavReply>): Handler<PlaceInShare> {
  return (request, deps, place) => {
    const { address, path } = dividePath(request.path);
    return serve({ ...request, path }, shareDeps(deps, place, address));
  };
}

function ofOthers(): OcmError {
  return new OcmError("forbidden", {
    message: "At the top are the shares that others gave, and nothing else. Open one of them first.",
  });
}

/** A share that is not there for this person any more is a folder that is gone. */
function asSeenInTheTree(error: OcmError): OcmError {
  switch (error.code) {
    case "not-found":
    case "share-ended":
    case "share-not-accepted":
      return new OcmError("resource-missing", { message: "The share has ended.", cause: error });
    case "second-factor":
      return new OcmError("second-factor", {
        message:
          "The owner asks for a second factor. App passwords have none: use the share where you log in with one.",
        cause: error,
      });
    default:
      return error;
  }
}
