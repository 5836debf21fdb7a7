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
  /** The direct children of a folder, in any order. Folders may be large: entries are yielded as they are read. */
  list(user: string, path: string): AsyncIterable<HostEntry>;
  /** The bytes from `start` to `end` (both inclusive), or the whole file. */
  read(user: string, path: string, range?: { start: number; end: number }): Promise<Readable>;
  /** Replaces or creates a file atomically: when the stream fails, the old content stays. Resolves when it is durable. */
  write(user: string, path: string, content: Readable): Promise<HostEntry>;
  mkdir(user: string, path: string): Promise<void>;
  move(user: string, from: string, to: string): Promise<void>;
  /** Removes a file, or a folder with all that is in it. */
  remove(user: string, path: string): Promise<void>;
}

export interface HostEntry {
  /** Last segment of the path, exactly as stored; "" for the root. */
  name: string;
  type: "file" | "folder";
  /** Bytes; 0 for a folder. */
  size: number;
  /** Milliseconds since the Unix epoch. */
  modifiedAt: number;
  /** Opaque, changes with the content, without quotes. */
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
  | "bad-name";

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
