import type { Readable } from "node:stream";
import type { HostFiles } from "../../ports/host.ts";
import type { OutgoingShare, TreeName } from "../../ports/records.ts";
import type { Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import type { CopyTurns } from "./tree/copy-turns.ts";
import type { RecentMoves } from "./tree/recent-moves.ts";

/** One WebDAV request for a share, free of Koa and of node:http. */
export interface DavRequest {
  method: string;
  /** What follows the address of the share, undecoded and without query: "", "/" or "/a%20folder/file". */
  path: string;
  /** Names in lower case. */
  headers: NodeJS.Dict<string | string[]>;
  body: Readable;
  /** Aborted when the client has gone before it was answered: what takes long stops then. */
  gone?: AbortSignal;
}

/** The answer. A stream in `body` may fail half-way: then the connection has to be destroyed, not ended. */
export interface DavReply {
  status: number;
  headers: Record<string, string>;
  body: Buffer | Readable | null;
}

/** What of a share decides how its resource is served. */
export type DavShare = Pick<OutgoingShare, "user" | "path" | "name" | "resourceType" | "permissions">;

/** Where a request is served from. The caller has authorized it for `share`. */
export interface DavDeps {
  files: HostFiles;
  share: DavShare;
  /** Path of the share's address as clients write it, without a slash at the end. Every href begins with it. */
  base: string;
  /** Scheme and host[:port] of this server, which an absolute Destination has to name. */
  origin: string;
  system: Pick<System, "now" | "random" | "sleep">;
  /** Name under which locks, notes and marks of these files are kept, such as `files:alice`. */
  tree: TreeName;
  store: Pick<Store, "locks" | "notes" | "marks">;
  /** Who acts, as locks remember it: nobody else may use a lock that is taken in this name. */
  principal: string;
  /** Moves of the last minute, one object for all requests, so that a repeated MOVE is told from one that fails. */
  moves?: RecentMoves;
  /** Of the copies that are under way, one object for all requests. */
  turns?: CopyTurns;
  /** Asked again while bytes flow: is the share still open to this client? */
  stillValid(): Promise<boolean>;
  /** Has a stream of these bytes destroyed within a second of the share's end: see `Transfers`. */
  guard<S extends Readable>(stream: S): S;
}

/** One field of the request; where it was repeated, the values are joined. */
export function header(request: Pick<DavRequest, "headers">, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** The field Depth (RFC 4918 section 10.2), whose value ignores case. What it may be, and what its absence means, depends on the method. */
export function depthOf(request: Pick<DavRequest, "headers">): string | undefined {
  return header(request, "depth")?.trim().toLowerCase();
}

/** The same scheme, host and port, whether or not a default port is written. */
export function isOrigin(written: string, origin: string): boolean {
  return URL.parse(written)?.origin === new URL(origin).origin;
}
