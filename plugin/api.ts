import type { Readable } from "node:stream";
import type {
  AccessState,
  ContactStatus,
  CopyStatus,
  EndedBy,
  Failure,
  IncomingStatus,
  InviteStatus,
  OutgoingStatus,
  Permission,
} from "./ports/records.ts";
import type { Page, PageRequest } from "./ports/store.ts";

/**
 * The use cases, typed: what a host calls in its own code, and what the user API serves over HTTP. `user` is the local identifier
 * of the person who acts; the caller has authenticated them. Each method is one decision about one record: when it resolves, the
 * decision is durable. Methods throw OcmError with the codes that are named.
 */
export interface OcmApi {
  invites: InvitesApi;
  contacts: ContactsApi;
  sent: SentSharesApi;
  received: ReceivedSharesApi;
  deliveries: DeliveriesApi;
  copies: CopiesApi;
  passwords: PasswordsApi;
  /**
   * The host wrote, made or removed something at this path by itself. Whoever was given a folder above it sees that in the folder's entity
   * tag at once; without this call, at the next sweep of the shared folders.
   */
  fileChanged(user: string, path: string): Promise<void>;
  /** The host moved or renamed a file or folder: shares of it and below follow. */
  fileMoved(user: string, from: string, to: string): Promise<void>;
  /** The host removed a file or folder: shares of it and below are revoked. */
  fileRemoved(user: string, path: string): Promise<void>;
  /** The account is gone: ends the person's shares in both directions and their invites and contacts. May be repeated. */
  userRemoved(user: string): Promise<void>;
}

/** What made a decision happen: its X-Request-Id goes with every message that follows, into the peer's log. */
export interface Cause {
  requestId?: string;
}

export interface InviteView {
  id: string;
  status: InviteStatus;
  note: string | null;
  createdAt: number;
  expiresAt: number;
  acceptedBy: { address: string; name: string; email: string; at: number } | null;
}

/** Shown once: only hashes are kept. */
export interface NewInviteView extends InviteView {
  /** The invite string of draft section 4.4.6. */
  invite: string;
  /** The link form of it, which leads to the WAYF page; null where there is no such page. */
  link: string | null;
  token: string;
}

export interface InvitesApi {
  create(user: string, options?: { note?: string; expiresInDays?: number }, cause?: Cause): Promise<NewInviteView>;
  list(user: string, page: PageRequest): Promise<Page<InviteView>>;
  /** @throws not-found, conflict when it has been accepted */
  revoke(user: string, id: string, cause?: Cause): Promise<InviteView>;
}

export interface ContactView {
  id: string;
  /** OCM Address, or "" until the inviting server has told it. */
  address: string;
  host: string;
  name: string;
  email: string;
  status: ContactStatus;
  origin: "invite-sent" | "invite-accepted";
  reason: Failure | null;
  createdAt: number;
}

export interface ContactsApi {
  /**
   * Accepts an invite (string or link form, or token and provider): a local record at once, and the verdict of the inviting server if
   * that comes within two seconds. @throws invite-malformed, invite-own, peer-not-allowed
   */
  accept(user: string, invite: string | { token: string; provider: string }, cause?: Cause): Promise<ContactView>;
  list(user: string, page: PageRequest): Promise<Page<ContactView>>;
  get(user: string, id: string): Promise<ContactView>;
  /** Local, at once; the peer is not told (draft section 4.4.5). Shares are not touched. */
  remove(user: string, id: string, cause?: Cause): Promise<void>;
}

export interface NewShare {
  path: string;
  /** OCM Address of the recipient. */
  shareWith: string;
  /** Default ["read"]. */
  permissions?: Permission[];
  /** Default: the name of the file or folder. */
  name?: string;
  description?: string;
  /** Milliseconds since the Unix epoch; default never. */
  expiresAt?: number;
}

export interface SentShareView {
  id: string;
  path: string;
  name: string;
  description: string | null;
  resourceType: "file" | "folder";
  shareWith: string;
  permissions: Permission[];
  status: OutgoingStatus;
  /** True: it is opened by access tokens only. */
  strict: boolean;
  reason: Failure | null;
  recipientDisplayName: string | null;
  createdAt: number;
  expiresAt: number | null;
  endedAt: number | null;
  /** What the peer has not been told yet. */
  deliveries: DeliveryView[];
}

export interface SentSharesApi {
  /**
   * A local record at once; the peer's verdict too if it comes within two seconds (status pending or rejected, else announcing).
   * @throws resource-missing, recipient-unknown, invalid-fields, forbidden, peer-not-allowed
   */
  create(user: string, share: NewShare, cause?: Cause): Promise<SentShareView>;
  list(user: string, page: PageRequest & { live?: boolean }): Promise<Page<SentShareView>>;
  get(user: string, id: string): Promise<SentShareView>;
  /** Ends access at once; the peer is told with SHARE_UNSHARED. Idempotent. */
  unshare(user: string, id: string, cause?: Cause): Promise<SentShareView>;
}

export interface ReceivedShareView {
  id: string;
  name: string;
  description: string | null;
  resourceType: string;
  sender: string;
  owner: string;
  senderDisplayName: string | null;
  ownerDisplayName: string | null;
  permissions: Permission[];
  requirements: string[];
  status: IncomingStatus;
  endedBy: EndedBy | null;
  /** What the last use showed; `unreachable` is read from what is known of the peer. */
  access: AccessState | "unreachable";
  accessEvidence: Failure | null;
  warnings: string[];
  lastKnown: { size: number | null; modifiedAt: number | null; at: number } | null;
  createdAt: number;
  expiresAt: number | null;
  endedAt: number | null;
  deliveries: DeliveryView[];
}

/** One entry of a received folder, or the received resource itself. */
export interface RemoteEntry {
  name: string;
  /** Relative to the share, `/`-separated, "" for the share itself. */
  path: string;
  type: "file" | "folder";
  size: number | null;
  modifiedAt: number | null;
  etag: string | null;
  mediaType: string | null;
  /** The letters of `oc:permissions`, such as `RDNVCK`, where the owner's server tells them. */
  permissions?: string;
  /** Bytes that may still be written at the owner; told for the share itself. */
  quotaAvailable?: number;
  /** Each as `ALGORITHM:value`, such as `SHA1:…`. */
  checksums?: readonly string[];
}

/** What is found at a path: the entry, and for a folder what is directly in it. */
export interface RemoteListing {
  entry: RemoteEntry;
  /** Null for a file. */
  children: RemoteEntry[] | null;
  /** Set where the owner's server does not answer, or not soon enough: this is what it said the last time. */
  stale: { /** When that was. */ at: number; reason: Failure } | null;
}

export interface RemoteFile {
  status: 200 | 206 | 304 | 416;
  headers: {
    "content-length"?: string;
    "content-type"?: string;
    "content-range"?: string;
    etag?: string;
    "last-modified"?: string;
  };
  body: Readable;
}

export interface ReceivedSharesApi {
  /** From the local catalogue alone: no peer is asked. */
  list(user: string, page: PageRequest & { status?: IncomingStatus }): Promise<Page<ReceivedShareView>>;
  get(user: string, id: string): Promise<ReceivedShareView>;
  /** Idempotent. @throws not-found, share-ended, share-not-pending after a decline */
  accept(user: string, id: string, cause?: Cause): Promise<ReceivedShareView>;
  /** Idempotent. @throws not-found, share-ended, share-not-pending once accepted */
  decline(user: string, id: string, cause?: Cause): Promise<ReceivedShareView>;
  /** Local, at once, whatever the peer does; it is told when it can be. Idempotent. */
  leave(user: string, id: string, cause?: Cause): Promise<ReceivedShareView>;

  /**
   * `path` is relative to the share; "" is the share itself. All throw peer-unreachable, peer-refused, second-factor as it comes. What a
   * listing has told within the last two seconds is given without a request.
   */
  stat(
    user: string,
    id: string,
    path: string,
    context: AccessContext,
  ): Promise<RemoteEntry & { stale?: RemoteListing["stale"] }>;
  /** Entry and children together, by exactly one request to the other server (PROPFIND, Depth 1). */
  open(user: string, id: string, path: string, context: AccessContext): Promise<RemoteListing>;
  /** What is in a folder now: never a last known listing. @throws conflict for a file */
  listFolder(user: string, id: string, path: string, context: AccessContext): Promise<RemoteEntry[]>;
  /** @throws precondition-failed */
  read(user: string, id: string, path: string, context: AccessContext & ReadConditions): Promise<RemoteFile>;
  /**
   * Sent as it arrives, and never repeated: whoever has lost the answer may send the same again with the same `ifMatch`, and is told
   * precondition-failed where the first one has had its effect.
   */
  write(
    user: string,
    id: string,
    path: string,
    content: Readable,
    context: AccessContext & WriteConditions,
  ): Promise<{ etag: string | null; created: boolean; timeAccepted: boolean }>;
  mkdir(user: string, id: string, path: string, context: AccessContext): Promise<void>;
  /** `overwrite`: what is at the destination is replaced; else precondition-failed. */
  move(
    user: string,
    id: string,
    from: string,
    to: string,
    context: AccessContext & { overwrite?: boolean },
  ): Promise<{ created: boolean }>;
  /** Within the share, by the owner's server; a folder with all that is in it. */
  copy(
    user: string,
    id: string,
    from: string,
    to: string,
    context: AccessContext & { overwrite?: boolean },
  ): Promise<{ created: boolean }>;
  remove(user: string, id: string, path: string, context: AccessContext & { ifMatch?: string }): Promise<void>;
}

export interface AccessContext {
  /** The session was opened with a second factor (requirement must-use-mfa). */
  secondFactor?: boolean;
  requestId?: string;
  signal?: AbortSignal;
}

export interface WriteConditions {
  ifMatch?: string;
  ifNoneMatch?: string;
  /** Bytes, where known. */
  size?: number;
  mediaType?: string;
  /** When the content was changed last, in milliseconds since the Unix epoch: sent as `X-OC-Mtime`, which not every server heeds. */
  modifiedAt?: number;
  /** Such as `SHA1:…`: sent as `OC-Checksum`, which not every server heeds. */
  checksum?: string;
}

export interface ReadConditions {
  /** One range or several. */
  range?: string;
  ifRange?: string;
  ifMatch?: string;
  ifNoneMatch?: string;
  ifModifiedSince?: string;
  ifUnmodifiedSince?: string;
  /** The fields alone (HEAD): the body is empty. */
  head?: boolean;
}

export interface NewCopy {
  /** Id of the received share. */
  share: string;
  direction: "from-share" | "to-share";
  /** Within the share; "" for the share itself. What is copied, or where to. */
  remotePath: string;
  /** In the person's own tree. Where to, or what is copied. */
  localPath: string;
}

export interface CopyView {
  id: string;
  share: string;
  direction: "from-share" | "to-share";
  remotePath: string;
  localPath: string;
  status: CopyStatus;
  reason: Failure | null;
  filesDone: number;
  bytesDone: number;
  /** Null as long as it is not known. */
  filesTotal: number | null;
  bytesTotal: number | null;
  /** Path, relative to what is copied, of the file that is under way. */
  current: string | null;
  createdAt: number;
  endedAt: number | null;
}

/** Copies between received shares and a person's own files, in the background; they go on after a restart. */
export interface CopiesApi {
  /**
   * A record at once; no peer is asked before. Nothing that exists is replaced. @throws not-found for the share, share-not-accepted,
   * resource-missing and conflict for what is, or is not, in the person's own files, path-invalid, too-many-requests beyond ten running copies
   */
  start(user: string, copy: NewCopy, context: AccessContext): Promise<CopyView>;
  list(user: string, page: PageRequest): Promise<Page<CopyView>>;
  get(user: string, id: string): Promise<CopyView>;
  /** Stops it; files that are complete stay. Idempotent. */
  cancel(user: string, id: string): Promise<CopyView>;
}

export interface PasswordView {
  id: string;
  name: string;
  createdAt: number;
  /** To the day. */
  lastUsedAt: number | null;
}

/** Passwords for programs, such as WebDAV clients: each opens the tree of received shares and nothing else. */
export interface PasswordsApi {
  /** `password` is shown this once. @throws invalid-fields, too-many-requests beyond a hundred */
  create(user: string, name: string): Promise<PasswordView & { password: string }>;
  list(user: string): Promise<PasswordView[]>;
  /** @throws not-found */
  revoke(user: string, id: string): Promise<void>;
}

/** One message that a peer, or the host's own code, has not acknowledged yet. */
export interface DeliveryView {
  record: string;
  kind: "outgoing" | "incoming" | "invite" | "contact";
  seq: number;
  type: string;
  detail: string;
  to: string | null;
  attempts: number;
  createdAt: number;
  nextAttemptAt: number | null;
  parked: boolean;
  lastError: Failure | null;
  requestId: string;
}

export interface DeliveriesApi {
  /** For operators: everything that has not been acknowledged, oldest first. */
  list(filter?: { host?: string }): AsyncIterable<DeliveryView>;
  /** Tries the head of a record's outbox again now, also a parked one. @throws not-found */
  retry(kind: DeliveryView["kind"], record: string): Promise<void>;
}
