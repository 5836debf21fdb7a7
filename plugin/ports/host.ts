import type { Readable } from "node:stream";

/**
 * What the file server that mounts the plugin already has: people, files, and who is asking. Three small interfaces; the
 * plugin never touches the host's storage in any other way.
 */
export interface Host {
  users: HostUsers;
  files: HostFiles;
  session: HostSession;
  hooks?: HostHooks;
}

export interface HostUser {
  /** Stable identifier: the part before the last `@` of the person's OCM Address. Any UTF-8, case-sensitive. */
  id: string;
  displayName: string;
  email?: string;
  groups?: string[];
  /** May this person share with people on other servers? Default true. */
  mayShare?: boolean;
  /** May this person receive shares from other servers? Default true. */
  mayReceive?: boolean;
}

export interface HostUsers {
  /** The person with this identifier, exactly as written, or undefined. */
  find(id: string): Promise<HostUser | undefined>;
  /** People whose name, identifier or address contains the text. */
  search?(text: string, limit: number): Promise<HostUser[]>;
}

/** Paths are absolute within a person's own tree, `/`-separated, never with `.`, `..` or empty segments; "/" is the root. */
export interface HostFiles {
  /** Metadata of one file or folder, or undefined when there is none. */
  stat(user: string, path: string): Promise<HostEntry | undefined>;
  /** The direct children of a folder, in any order, in pieces of any size as they are read: folders may be large. */
  list(user: string, path: string): AsyncIterable<readonly HostEntry[]>;
  /** Opens a file for reading. @throws HostFileError not-found, is-a-folder */
  open(user: string, path: string): Promise<HostFile>;
  /**
   * Replaces or creates a file atomically: when the stream fails, the old content stays. Resolves when it is durable.
   * @throws HostFileError changed, when what is there at the moment of replacing is not what was expected; no-space, not-found
   * where the folder is missing, and others
   */
  write(user: string, path: string, content: Readable, options?: HostWriteOptions): Promise<HostEntry>;
  /** @throws HostFileError exists, not-found where the parent is missing */
  mkdir(user: string, path: string): Promise<void>;
  /**
   * Renames a file or folder. With `replace`, what is at `to` is gone afterwards, a file over a file in one step.
   * @throws HostFileError exists, where something is at `to` and `replace` is not set
   */
  move(user: string, from: string, to: string, options?: { replace?: boolean }): Promise<void>;
  /** Removes a file, or a folder with all that is in it. */
  remove(user: string, path: string): Promise<void>;
  /** Gives a file or folder another time, in milliseconds since the Unix epoch. Without it, clients are told that this cannot be done. */
  touch?(user: string, path: string, modifiedAt: number): Promise<HostEntry>;
  /** How much the person can still store at this place; undefined, or no such method: not known. */
  quota?(user: string, path: string): Promise<HostQuota | undefined>;
  /**
   * An upload that is kept between attempts under a key of the plugin's choosing, for copies that go on after a restart. A host
   * without it begins a file again.
   */
  resume?(user: string, path: string, key: string): Promise<HostPartialFile>;
}

/** A file that is open: what is read from it is one version, the one that `entry` describes, whatever happens to its name. */
export interface HostFile {
  entry: HostEntry;
  /** The bytes from `start` to `end` (both inclusive), or all. May be called several times; a stream goes on after `close`. */
  read(range?: { start: number; end: number }): Readable;
  /** Lets go of the file once its streams have ended. Has to be called. */
  close(): Promise<void>;
}

export interface HostWriteOptions {
  /** The etag of what may be replaced; null: nothing may be there. Absent: whatever is there. */
  expected?: string | null;
  /** The time that the file shall have, in milliseconds since the Unix epoch. A host may leave it out. */
  modifiedAt?: number;
}

/** Bytes. */
export interface HostQuota {
  available: number;
  used?: number;
}

/** A file that is not complete yet, and not visible. */
export interface HostPartialFile {
  /** Bytes that are durable. */
  size: number;
  /** Adds to the end; whatever of the stream came before it failed may be kept. Resolves when it is durable. */
  append(content: Readable): Promise<void>;
  /** Puts it in place, as `write` does. */
  finish(options?: HostWriteOptions): Promise<HostEntry>;
  /** Throws it away. */
  discard(): Promise<void>;
}

export interface HostEntry {
  /** Last segment of the path, exactly as stored; "" for the root. */
  name: string;
  type: "file" | "folder";
  /** Bytes; 0 for a folder. */
  size: number;
  /** Milliseconds since the Unix epoch. */
  modifiedAt: number;
  /** Opaque, changes with the content, without quotes. A folder's covers what is directly in it; the plugin adds what is deeper. */
  etag: string;
  /** An identifier that survives renames, where the host has one. */
  id?: string;
}

/** What a file adapter throws where the reason matters to the client; anything else is answered with 500. */
export type HostFileFailure =
  | "not-found"
  | "exists"
  | "not-a-folder"
  | "is-a-folder"
  | "no-space"
  | "forbidden"
  | "bad-name"
  /** Something else is there than was expected. */
  | "changed";

export class HostFileError extends Error {
  readonly failure: HostFileFailure;
  constructor(failure: HostFileFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HostFileError";
    this.failure = failure;
  }
}

/** The request as the host sees it: Koa's own context, structurally, so that Koa 2 and 3 both fit. */
export interface HostContext {
  readonly method: string;
  readonly path: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly req: import("node:http").IncomingMessage;
  readonly state: Record<string, unknown>;
}

export interface HostSession {
  /** Who is asking, or undefined. The host has checked the cookie, the password or whatever it uses. */
  authenticate(context: HostContext): Promise<SessionUser | undefined>;
  /**
   * The host's own rule against cross-site request forgery, asked before each request that changes something.
   * The sentence says what is missing; null lets the request pass.
   */
  forgery(context: HostContext): string | null;
  /** Where a browser is sent to log in; `returnTo` is a path on this server. */
  loginUrl?(returnTo: string): string;
  /** A token for forms of the plugin's own pages, sent back in the field `_csrf` or the header `X-CSRF-Token`. */
  formToken?(context: HostContext): string;
}

export interface SessionUser {
  id: string;
  /** Has this session been opened with a second factor? */
  secondFactor?: boolean;
}

/** Called at least once each, after the record is durable: they come from the outbox. A throw means: call again later. */
export interface HostHooks {
  onShareReceived?(event: { share: string; user: string; sender: string; name: string }): Promise<void>;
  onShareChanged?(event: { share: string; user: string; status: string }): Promise<void>;
  onInviteAccepted?(event: { invite: string; user: string; by: string }): Promise<void>;
}
