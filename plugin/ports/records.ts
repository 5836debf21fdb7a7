import type { JsonObject } from "../protocol/json.ts";

/**
 * The durable records. Each is one aggregate: a use case changes exactly one of them, in one conditional write, together with
 * its outbox of what must follow. Times are milliseconds since the Unix epoch.
 */
export type { Json, JsonObject } from "../protocol/json.ts";

/** What every aggregate carries. */
export interface Aggregate {
  /** Random, unguessable, never reused. */
  id: string;
  /** Grows by one with each write; a write names the version that it was decided on. */
  version: number;
  createdAt: number;
  updatedAt: number;
  /** What must follow from the last decisions, in order. Only the head is ever sent. */
  outbox: OutboxEntry[];
  /** When the worker has to look at this record next: to deliver, to expire or to purge it. Null: never. */
  nextAt: number | null;
  /** The worker that is busy with this record, and until when it may be. */
  leaseBy: string | null;
  leaseUntil: number | null;
}

export type OutboxType =
  /** POST /shares to the peer. */
  | "share"
  /** POST /notifications to the peer; `detail` is the notificationType. */
  | "notification"
  /** POST /invite-accepted to the peer. */
  | "invite-accepted"
  /** Local: write the contact of an accepted invite. */
  | "contact"
  /** Local: call the host's hook named by `detail`. */
  | "hook";

export interface OutboxEntry {
  /** Unique within the record, ascending. */
  seq: number;
  type: OutboxType;
  /** Canonical host of the peer; null for local effects. */
  to: string | null;
  detail: string;
  /** Frozen at the first attempt, so that a repetition is the same message. Never holds a secret. */
  body: JsonObject | null;
  attempts: number;
  createdAt: number;
  /** Not before this time. */
  notBefore: number;
  /** After this time it is parked: kept, visible, replayable, no longer tried by itself. */
  giveUpAt: number;
  /** X-Request-Id of the request that caused it. */
  requestId: string;
  lastError: Failure | null;
  parked: boolean;
}

/** Why something did not work, kept where a person will look for it. */
export interface Failure {
  code: string;
  message: string;
  at: number;
  /** HTTP status of the peer, if it answered. */
  status: number | null;
}

export type Permission = "read" | "write" | "share";

/** A secret of a peer, encrypted at rest; `keyId` names the sealing key. */
export interface Sealed {
  keyId: string;
  data: string;
}

export type OutgoingStatus = "announcing" | "pending" | "accepted" | "declined" | "rejected" | "revoked" | "expired";

/** A share that a user of this server made (Sending Server). Its `id` is the `providerId` on the wire. */
export interface OutgoingShare extends Aggregate {
  kind: "outgoing";
  /** Local identifier of the owner, who is also the sender. */
  user: string;
  /** Path in the owner's tree. */
  path: string;
  /** The host's stable id of the resource, where it has one. */
  fileId: string | null;
  name: string;
  description: string | null;
  resourceType: "file" | "folder";
  shareType: "user";
  /** OCM Address of the recipient, and its canonical host. */
  shareWith: string;
  host: string;
  permissions: Permission[];
  /** Requirement must-exchange-token: only bearer tokens open it. Decided when it is first sent. */
  strict: boolean;
  /** Basic authentication with the secret is allowed: it was sent in the deprecated form. */
  legacyBasic: boolean;
  status: OutgoingStatus;
  /** Why it was rejected or could not be sent. */
  reason: Failure | null;
  /** SHA-256 of the sharedSecret, hex. */
  secretHash: string;
  /** The sharedSecret itself, until the peer has it. */
  secret: Sealed | null;
  /** Part of every access token: raising it ends all tokens at once. */
  epoch: number;
  recipientDisplayName: string | null;
  /** Milliseconds; null: never. */
  expiresAt: number | null;
  endedAt: number | null;
  /** True from the first attempt to announce on: from then on an end has to be told to the peer. */
  sent: boolean;
}

export type IncomingStatus = "pending" | "accepted" | "declined" | "ended";
export type EndedBy = "owner" | "expiry" | "person" | "account-removed" | "contact-removed";
export type AccessState = "unknown" | "ok" | "refused";

/** A share that a user of this server was given (Receiving Server). (senderHost, providerId) is unique. */
export interface IncomingShare extends Aggregate {
  kind: "incoming";
  user: string;
  senderHost: string;
  providerId: string;
  shareWith: string;
  sender: string;
  owner: string;
  senderDisplayName: string | null;
  ownerDisplayName: string | null;
  name: string;
  description: string | null;
  resourceType: string;
  shareType: string;
  permissions: Permission[];
  requirements: string[];
  /** As sent: relative or absolute; null where the deprecated form names none. */
  uri: string | null;
  /** "options": the deprecated form, with Basic authentication. */
  form: "object" | "options";
  /** Which server's habits the share was written in. */
  dialect: string;
  secret: Sealed;
  /** SHA-256 of the decoded content, to tell a repetition from a conflict. */
  contentHash: string;
  expiresAt: number | null;
  status: IncomingStatus;
  endedBy: EndedBy | null;
  endedAt: number | null;
  /** What the last attempt to use it showed. It never ends a share. */
  access: AccessState;
  accessEvidence: Failure | null;
  /** Shown to the recipient, such as "unknown-sender". */
  warnings: string[];
  /** Last known size and time of the resource, for listings that ask nobody. */
  lastKnown: { size: number | null; modifiedAt: number | null; at: number } | null;
}

export type InviteStatus = "open" | "accepted" | "revoked" | "expired";

/** An invite that a user of this server made (Invite Sender server). */
export interface Invite extends Aggregate {
  kind: "invite";
  user: string;
  /** SHA-256 of the invite token, hex. */
  tokenHash: string;
  note: string | null;
  status: InviteStatus;
  expiresAt: number;
  endedAt: number | null;
  acceptedBy: { host: string; userID: string; name: string; email: string; at: number } | null;
}

export type ContactStatus = "accepting" | "active" | "failed" | "removed";

/** A person on another server whom a user of this server knows by an invite, in either direction. */
export interface Contact extends Aggregate {
  kind: "contact";
  user: string;
  host: string;
  /** Identifier at that host; "" until the inviting server has told it. */
  identifier: string;
  name: string;
  email: string;
  status: ContactStatus;
  origin: "invite-sent" | "invite-accepted";
  /** The invite token that is being redeemed, until the peer has answered. */
  token: Sealed | null;
  /** SHA-256 of that token, hex, so that a second acceptance of the same invite finds this record; null for invites sent. */
  tokenHash: string | null;
  reason: Failure | null;
  endedAt: number | null;
}

export type CopyStatus = "running" | "done" | "failed" | "cancelled";

/** A copy of a file or folder between a received share and the person's own files, made in the background. Its outbox is empty. */
export interface CopyJob extends Aggregate {
  kind: "copy";
  user: string;
  /** Id of the received share. */
  share: string;
  /** From the share into own files, or the other way. */
  direction: "from-share" | "to-share";
  /** Within the share, "" for the share itself. */
  remotePath: string;
  /** In the person's own tree. */
  localPath: string;
  status: CopyStatus;
  /** Why it failed, or why it is waiting. */
  reason: Failure | null;
  /** Files that are complete at their destination, and their bytes. */
  filesDone: number;
  bytesDone: number;
  /** What there is to do, as far as it is known. */
  filesTotal: number | null;
  bytesTotal: number | null;
  /** The file that is under way, relative to what is copied, with the entity tag of its source and the bytes that are durable. */
  current: { path: string; etag: string | null; bytes: number } | null;
  /** The last file or folder that is complete, relative to what is copied, in the order of the walk. */
  after: string | null;
  /** Attempts since something was last completed. */
  attempts: number;
  endedAt: number | null;
}

export type AnyAggregate = OutgoingShare | IncomingShare | Invite | Contact;
export type Kind = AnyAggregate["kind"];

/** What is remembered of another server (the draft's registry of trusted servers). Not an aggregate: last write wins. */
export interface PeerRecord {
  /** Canonical host[:port]. */
  host: string;
  /** Last good discovery document and JWK Set, as they came. */
  discovery: JsonObject | null;
  jwks: JsonObject | null;
  fetchedAt: number | null;
  /** Consecutive failures, and since when it has not answered; null: reachable or never tried. */
  failures: number;
  unreachableSince: number | null;
  lastError: Failure | null;
  lastSeenAt: number | null;
  updatedAt: number;
}

export type KeyUse = "sign" | "seal" | "token";

/** A key of this server. Private material is sealed with the operator's `encryptionKey` where one is configured. */
export interface KeyRecord {
  id: string;
  use: KeyUse;
  createdAt: number;
  /** Signing keys: not used before this time, so that peers' caches know it first. */
  activeAt: number;
  /** No longer used for new work; published until `goneAt`. */
  retiredAt: number | null;
  goneAt: number | null;
  /** JWK (sign) or base64url bytes (seal, token). */
  material: string;
  /** Null: `material` is in the clear. Else the id of the wrapping key. */
  wrappedBy: string | null;
}

/** Which files a lock, a note or a mark is about: `files:<user>` for a person's own, `remote:<user>` for what others share with them. */
export type TreeName = string;

/** A write lock (RFC 4918 section 6). */
export interface Lock {
  /** `urn:uuid:…`. */
  token: string;
  path: string;
  depth: "0" | "infinity";
  scope: "exclusive" | "shared";
  /** The content of the `owner` element, as well-formed XML with its namespaces; "" where none was sent. */
  owner: string;
  /** Who may use it: the share, app password or session that took it. */
  principal: string;
  /** Seconds, as granted. */
  timeout: number;
  expiresAt: number;
}

/** All locks of one tree: a single record, so that taking a lock is one conditional write. */
export interface LockSet {
  tree: TreeName;
  version: number;
  locks: Lock[];
  updatedAt: number;
}

/** A property that the server keeps for clients without a meaning of its own (RFC 4918 section 4). */
export interface DeadProperty {
  /** "" for none. */
  namespace: string;
  name: string;
  /** The whole element as well-formed XML that stands alone: every prefix in it is declared in it. */
  xml: string;
}

/** What is kept about a file or folder beside what the host knows. (tree, path) is unique. */
export interface ResourceNote {
  tree: TreeName;
  path: string;
  version: number;
  properties: DeadProperty[];
  /** What a client said at upload and we checked, such as `SHA1:…`; true as long as the entry has this etag. */
  checksum: { value: string; etag: string } | null;
  updatedAt: number;
}

/** Counts the changes at and below a folder, so that its entity tag covers its whole subtree. (tree, path) is unique. */
export interface FolderMark {
  tree: TreeName;
  path: string;
  /** Grows with each change; never repeats, also when the folder was gone in between. */
  version: number;
  /** Of the folder's direct children, as the last look saw them; null: not seen yet. */
  digest: string | null;
  sweptAt: number | null;
}

/** A password for one program of a person, shown once. */
export interface AppPassword {
  id: string;
  user: string;
  /** What the person calls it. */
  name: string;
  /** SHA-256 of the password, hex. */
  hash: string;
  createdAt: number;
  /** To the day; null: never. */
  lastUsedAt: number | null;
}
