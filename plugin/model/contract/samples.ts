import { randomBytes } from "node:crypto";
import type {
  AppPassword,
  Contact,
  CopyJob,
  IncomingShare,
  Invite,
  KeyRecord,
  Lock,
  LockSet,
  OutboxEntry,
  OutgoingShare,
  PeerRecord,
  ResourceNote,
} from "../../ports/records.ts";
import { incomingShareId } from "../../protocol/incoming-share-id.ts";

/** A time that needs more than 32 bits. */
export const NOW = Date.UTC(2026, 10, 24, 12);

/** Text that a careless store changes: composed and decomposed accents, emoji, quotes, a NUL, other scripts. */
export const AWKWARD = "e\u0301 \u00e9 👩‍👩‍👧 %_'\"`\\ $set a.b \u0000 ‮עברית 漢字";

/** A fresh identifier. */
export function newId(): string {
  return randomBytes(16).toString("base64url");
}

export function outboxEntry(seq: number, more: Partial<OutboxEntry> = {}): OutboxEntry {
  return {
    seq,
    type: "notification",
    to: "peer.example.org",
    detail: "SHARE_UNSHARED",
    body: { nested: { list: [1, null, true, { text: AWKWARD }] }, "dotted.name": 1, $dollar: 2, "": 3 },
    attempts: 2,
    createdAt: NOW,
    notBefore: NOW + 1,
    giveUpAt: NOW + 2,
    requestId: newId(),
    lastError: { code: "peer-timeout", message: AWKWARD, at: NOW, status: null },
    parked: false,
    ...more,
  };
}

function aggregate() {
  return {
    id: newId(),
    version: 0,
    createdAt: NOW,
    updatedAt: NOW,
    outbox: [],
    nextAt: null,
    leaseBy: null,
    leaseUntil: null,
  };
}

export function outgoingShare(more: Partial<OutgoingShare> = {}): OutgoingShare {
  return {
    ...aggregate(),
    kind: "outgoing",
    user: "alice",
    path: "/Documents/Réports",
    fileId: null,
    name: AWKWARD,
    description: null,
    resourceType: "folder",
    shareType: "user",
    shareWith: "bob@peer.example.org",
    host: "peer.example.org",
    permissions: ["read", "write"],
    strict: true,
    legacyBasic: false,
    status: "pending",
    reason: null,
    secretHash: newId(),
    secret: { keyId: "k1", data: "c2VjcmV0" },
    epoch: 0,
    recipientDisplayName: null,
    expiresAt: null,
    endedAt: null,
    sent: false,
    ...more,
  };
}

export function incomingShare(more: Partial<IncomingShare> = {}): IncomingShare {
  const { senderHost = "peer.example.org", providerId = newId() } = more;
  return {
    ...aggregate(),
    id: incomingShareId(senderHost, providerId),
    kind: "incoming",
    user: "alice",
    senderHost,
    providerId,
    shareWith: "alice@here.example.org",
    sender: "bob@peer.example.org",
    owner: "bob@peer.example.org",
    senderDisplayName: AWKWARD,
    ownerDisplayName: null,
    name: "Réports",
    description: null,
    resourceType: "folder",
    shareType: "user",
    permissions: ["read"],
    requirements: ["must-exchange-token"],
    uri: null,
    form: "object",
    dialect: "standard",
    secret: { keyId: "k1", data: "c2VjcmV0" },
    contentHash: newId(),
    expiresAt: null,
    status: "pending",
    endedBy: null,
    endedAt: null,
    access: "unknown",
    accessEvidence: null,
    warnings: [],
    lastKnown: null,
    ...more,
  };
}

export function invite(more: Partial<Invite> = {}): Invite {
  return {
    ...aggregate(),
    kind: "invite",
    user: "alice",
    tokenHash: newId(),
    note: AWKWARD,
    status: "open",
    expiresAt: NOW + 1000,
    endedAt: null,
    acceptedBy: null,
    ...more,
  };
}

export function contact(more: Partial<Contact> = {}): Contact {
  return {
    ...aggregate(),
    kind: "contact",
    user: "alice",
    host: "peer.example.org",
    identifier: AWKWARD,
    name: "Bob",
    email: "",
    status: "active",
    origin: "invite-sent",
    token: null,
    tokenHash: null,
    reason: null,
    endedAt: null,
    ...more,
  };
}

export function peer(more: Partial<PeerRecord> = {}): PeerRecord {
  return {
    host: `${newId().toLowerCase()}.example.org`,
    discovery: { enabled: true, $schema: "https://example.org", resourceTypes: [{ "odd.key": null }] },
    jwks: null,
    fetchedAt: NOW,
    failures: 0,
    unreachableSince: null,
    lastError: null,
    lastSeenAt: null,
    updatedAt: NOW,
    ...more,
  };
}

export function key(more: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: newId(),
    use: "sign",
    createdAt: NOW,
    activeAt: NOW + 1,
    retiredAt: null,
    goneAt: null,
    material: '{"kty":"OKP"}',
    wrappedBy: null,
    ...more,
  };
}

export function copyJob(more: Partial<CopyJob> = {}): CopyJob {
  return {
    ...aggregate(),
    kind: "copy",
    user: "alice",
    share: newId(),
    direction: "from-share",
    remotePath: "",
    localPath: "/Documents/Réports",
    status: "running",
    reason: null,
    filesDone: 0,
    bytesDone: 0,
    filesTotal: null,
    bytesTotal: null,
    current: null,
    after: null,
    attempts: 0,
    endedAt: null,
    ...more,
  };
}

export function lock(more: Partial<Lock> = {}): Lock {
  return {
    token: "urn:uuid:7a2c1f6e-0000-4000-8000-000000000001",
    path: "/Documents/Réports",
    depth: "infinity",
    scope: "exclusive",
    owner: AWKWARD,
    principal: "share 1",
    timeout: 1800,
    expiresAt: NOW + 1_800_000,
    ...more,
  };
}

export function lockSet(more: Partial<LockSet> = {}): LockSet {
  return {
    tree: "files:alice",
    version: 1,
    locks: [lock()],
    updatedAt: NOW,
    ...more,
  };
}

export function resourceNote(more: Partial<ResourceNote> = {}): ResourceNote {
  return {
    tree: "files:alice",
    path: "/Documents/Réports",
    version: 1,
    properties: [{ namespace: "", name: "$odd.name", xml: `<odd>${AWKWARD}</odd>` }],
    checksum: null,
    updatedAt: NOW,
    ...more,
  };
}

export function appPassword(more: Partial<AppPassword> = {}): AppPassword {
  return { id: newId(), user: "alice", name: AWKWARD, hash: newId(), createdAt: NOW, lastUsedAt: null, ...more };
}
