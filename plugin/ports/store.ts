import type {
  AnyAggregate,
  AppPassword,
  Contact,
  CopyJob,
  FolderMark,
  IncomingShare,
  IncomingStatus,
  Invite,
  JsonObject,
  KeyRecord,
  LockSet,
  OutgoingShare,
  PeerRecord,
  ResourceNote,
  TreeName,
} from "./records.ts";

/**
 * The durable share model. `model/` implements it on SQLite and on MongoDB; whoever writes another runs the contract suite
 * `koa-ocm/store-contract` against it. A promise that resolves means: durable, it survives kill -9.
 */
export interface Store {
  outgoing: OutgoingShares;
  incoming: IncomingShares;
  invites: Invites;
  contacts: Contacts;
  peers: Peers;
  keys: Keys;
  leases: Leases;
  counters: Counters;
  copies: CopyJobs;
  locks: LockSets;
  notes: ResourceNotes;
  marks: FolderMarks;
  passwords: AppPasswords;
  /** Remembers a value under a name once and for all: returns the value that is stored, which may be another's. */
  fix(name: string, value: JsonObject): Promise<JsonObject>;
  /** A trivial read, to tell that the database answers. @throws when it does not */
  ping(): Promise<void>;
  /** Flushes what is under way and lets go of the database. */
  close(): Promise<void>;
}

/** What every collection of aggregates can do. */
export interface Collection<R extends AnyAggregate | CopyJob> {
  readonly kind: R["kind"];
  /** Writes a new record. False: its id, or another unique key of it, is taken; nothing was written. */
  insert(record: R): Promise<boolean>;
  get(id: string): Promise<R | undefined>;
  /**
   * Replaces the record with the same id if the stored version is still `record.version`; the stored version is then one
   * higher. False: somebody else was first; read and decide again.
   * @param before the record that this one was made of, just as it was read or written, with the same version: a store need
   *   not write again what is the same in both
   */
  replace(record: R, before?: R): Promise<boolean>;
  /** Removes the record if the stored version is still this one. */
  remove(id: string, version: number): Promise<boolean>;
  /** Records whose `nextAt` has come and whose lease, if any, has run out; longest due first. */
  due(now: number, limit: number): Promise<R[]>;
  /** The earliest `nextAt` of all records, or null. */
  nextDue(): Promise<number | null>;
  /** Records with a non-empty outbox, for operators; `host` limits it to entries to one peer. Oldest first. */
  withOutbox(page: PageRequest & { host?: string }): Promise<Page<R>>;
}

export interface PageRequest {
  /** At most this many, 1 to 1000. */
  limit: number;
  /** `next` of the page before. */
  after?: string;
}
export interface Page<R> {
  items: R[];
  next?: string;
}

export interface OutgoingShares extends Collection<OutgoingShare> {
  bySecretHash(hash: string): Promise<OutgoingShare | undefined>;
  /** Newest first. */
  ofUser(user: string, page: PageRequest & { live?: boolean }): Promise<Page<OutgoingShare>>;
  /** Live shares of this path and of everything below it. */
  below(user: string, path: string): Promise<OutgoingShare[]>;
  /** Live shares of folders, of anybody, by id. */
  liveFolders(page: PageRequest): Promise<Page<OutgoingShare>>;
  /** Live shares to a peer. */
  toHost(host: string, page: PageRequest): Promise<Page<OutgoingShare>>;
}

/** The `id` of a received share is `incomingShareId` of its sender's host and providerId: that makes the pair unique. */
export interface IncomingShares extends Collection<IncomingShare> {
  /** Newest first. */
  ofUser(user: string, page: PageRequest & { status?: IncomingStatus }): Promise<Page<IncomingShare>>;
  /** Pending shares, counted for the limits of open mode. */
  countPending(by: { user: string } | { sender: string } | { senderHost: string }): Promise<number>;
  /** Shares that are pending or accepted, of one peer. */
  fromHost(senderHost: string, page: PageRequest): Promise<Page<IncomingShare>>;
}

export interface Invites extends Collection<Invite> {
  byTokenHash(hash: string): Promise<Invite | undefined>;
  ofUser(user: string, page: PageRequest): Promise<Page<Invite>>;
  countOpen(user: string): Promise<number>;
}

export interface Contacts extends Collection<Contact> {
  /** The contact that is not removed, by the triple that identifies the person; (user, host, identifier) may repeat. */
  find(user: string, host: string, identifier: string): Promise<Contact | undefined>;
  byTokenHash(user: string, hash: string): Promise<Contact | undefined>;
  ofUser(user: string, page: PageRequest): Promise<Page<Contact>>;
  /** Contacts of any user with this person. */
  ofPerson(host: string, identifier: string): Promise<Contact[]>;
}

export interface Peers {
  get(host: string): Promise<PeerRecord | undefined>;
  put(record: PeerRecord): Promise<void>;
  list(page: PageRequest): Promise<Page<PeerRecord>>;
  remove(host: string): Promise<void>;
}

export interface Keys {
  list(): Promise<KeyRecord[]>;
  /** False: there is one with this id. */
  insert(record: KeyRecord): Promise<boolean>;
  update(record: KeyRecord): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Named locks with a time limit, held by one owner at a time across all processes. */
export interface Leases {
  /** True: the lease is `owner`'s until now + ttl (also when it already was). */
  acquire(name: string, owner: string, now: number, ttl: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
}

/** Counts within a window of time, for lock-outs that must hold across processes and restarts. */
export interface Counters {
  /** Adds one and returns the count; a counter past its end starts at one again, with this end. */
  bump(key: string, now: number, until: number): Promise<number>;
  read(key: string, now: number): Promise<number>;
  clear(key: string): Promise<void>;
}

/** `nextAt` of a running copy says when it is to be taken up; of an ended one, when it is to be purged. */
export interface CopyJobs extends Collection<CopyJob> {
  /** Newest first. */
  ofUser(user: string, page: PageRequest): Promise<Page<CopyJob>>;
  countRunning(user: string): Promise<number>;
}

export interface LockSets {
  get(tree: TreeName): Promise<LockSet | undefined>;
  /**
   * Writes the set if the stored version is `version - 1`, or if none is stored and `version` is 1; an empty one may be removed instead. False:
   * somebody else was first; read and decide again.
   */
  put(set: LockSet): Promise<boolean>;
  remove(tree: TreeName): Promise<void>;
}

export interface ResourceNotes {
  get(tree: TreeName, path: string): Promise<ResourceNote | undefined>;
  /** Those of these paths that have one, at most 1000 paths. */
  of(tree: TreeName, paths: readonly string[]): Promise<ResourceNote[]>;
  /** As `LockSets.put`. */
  put(note: ResourceNote): Promise<boolean>;
  /** The notes of a path and of everything below it, for a move or copy; what is noted at the destination is replaced. Repeatable. */
  move(tree: TreeName, from: string, to: string): Promise<void>;
  copy(tree: TreeName, from: string, to: string): Promise<void>;
  /** Of a path and of everything below it; "/" for the whole tree. */
  remove(tree: TreeName, path: string): Promise<void>;
}

/** What is written here may be lost in a power cut, unlike all else: the next sweep of the shared folders finds it out again. */
export interface FolderMarks {
  /** Those of these paths that have one, at most 1000 paths. */
  of(tree: TreeName, paths: readonly string[]): Promise<FolderMark[]>;
  /** Something changed at or below these folders: each version becomes `now`, or one more than it was where that is higher. */
  bump(tree: TreeName, paths: readonly string[], now: number): Promise<void>;
  /**
   * Remembers what a look saw, without a change of the version; a folder without a mark gets one with the version `now`.
   * @param before only where the digest is still this one, null for none; undefined: whatever it is
   * @returns false: it is another one by now, and nothing was written
   */
  saw(tree: TreeName, path: string, digest: string, now: number, before?: string | null): Promise<boolean>;
  /** Of a path and of everything below it; "/" for the whole tree. */
  remove(tree: TreeName, path: string): Promise<void>;
}

export interface AppPasswords {
  /** False: the id is taken. */
  insert(password: AppPassword): Promise<boolean>;
  byHash(hash: string): Promise<AppPassword | undefined>;
  /** Oldest first. */
  ofUser(user: string): Promise<AppPassword[]>;
  used(id: string, at: number): Promise<void>;
  /** False: the person has none with this id. */
  remove(user: string, id: string): Promise<boolean>;
}
