import type { Readable } from "node:stream";
import type {
  AccessState,
  ContactStatus,
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
}

/** What is found at a path: the entry, and for a folder what is directly in it. */
export interface RemoteListing {
  entry: RemoteEntry;
  /** Null for a file. */
  children: RemoteEntry[] | null;
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

  /** `path` is relative to the share; "" is the share itself. All throw peer-unreachable, peer-refused, second-factor as it comes. */
  stat(user: string, id: string, path: string, context: AccessContext): Promise<RemoteEntry>;
  /** Entry and children together, by exactly one request to the other server (PROPFIND, Depth 1). */
  open(user: string, id: string, path: string, context: AccessContext): Promise<RemoteListing>;
  listFolder(user: string, id: string, path: string, context: AccessContext): Promise<RemoteEntry[]>;
  read(
    user: string,
    id: string,
    path: string,
    context: AccessContext & { range?: string; ifNoneMatch?: string },
  ): Promise<RemoteFile>;
  write(
    user: string,
    id: string,
    path: string,
    content: Readable,
    context: AccessContext & WriteConditions,
  ): Promise<{ etag: string | null; created: boolean }>;
  mkdir(user: string, id: string, path: string, context: AccessContext): Promise<void>;
  move(user: string, id: string, from: string, to: string, context: AccessContext): Promise<void>;
  remove(user: string, id: string, path: string, context: AccessContext): Promise<void>;
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
