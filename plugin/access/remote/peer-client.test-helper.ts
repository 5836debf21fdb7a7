import { Agent, request } from "undici";
import { type PeerClient, PeerFailure } from "../../ports/peer-client.ts";
import type { IncomingShare, PeerRecord } from "../../ports/records.ts";
import { TransportError } from "../../ports/system.ts";
import { NO_TELEMETRY } from "../../ports/telemetry.ts";
import type { PeerProfile } from "../../protocol/profile.ts";
import { type ShareServer, testSealer, testSystem } from "../share-server.test-helper.ts";
import { createRemoteAccess, type RemoteAccess } from "./remote-access.ts";

export function profileOf(origin: string, changes: Partial<PeerProfile> = {}): PeerProfile {
  return {
    host: new URL(origin).host,
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: `${origin}/ocm`,
    provider: null,
    resourceTypes: [{ name: "file", shareTypes: ["user"], protocols: { webdav: "/ocm/dav/" } }],
    capabilities: ["exchange-token"],
    criteria: [],
    tokenEndPoint: `${origin}/ocm/token`,
    jwksUri: null,
    inviteAcceptDialog: null,
    ...changes,
  };
}

export function incomingShare(origin: string, changes: Partial<IncomingShare> = {}): IncomingShare {
  return {
    kind: "incoming",
    id: "received-1",
    version: 0,
    createdAt: 0,
    updatedAt: 0,
    outbox: [],
    nextAt: null,
    leaseBy: null,
    leaseUntil: null,
    user: "bob",
    senderHost: new URL(origin).host,
    providerId: "share-1",
    shareWith: "bob@b.example",
    sender: "alice@a.example",
    owner: "alice@a.example",
    senderDisplayName: null,
    ownerDisplayName: null,
    name: "Documents",
    description: null,
    resourceType: "folder",
    shareType: "user",
    permissions: ["read", "write"],
    requirements: [],
    uri: "share-1",
    form: "object",
    dialect: "ocm",
    secret: { keyId: "none", data: "s3cret" },
    contentHash: "",
    expiresAt: null,
    status: "accepted",
    endedBy: null,
    endedAt: null,
    access: "unknown",
    accessEvidence: null,
    warnings: [],
    lastKnown: null,
    ...changes,
  };
}

/** What is known of a peer whose breaker is open. */
export function downPeer(message = "a.example did not answer in time."): PeerRecord {
  return {
    host: "a",
    discovery: null,
    jwks: null,
    fetchedAt: null,
    failures: 9,
    unreachableSince: 0,
    lastError: { code: "peer-timeout", message, at: 0, status: null },
    lastSeenAt: null,
    updatedAt: 0,
  };
}

/** A receiving server with one share, talking real HTTP. */
export interface Receiver {
  access: RemoteAccess;
  profile: PeerProfile;
  record: IncomingShare;
  /** How often the record was written, and how often discovery was asked for anew. */
  writes: number;
  rediscovered: number;
  /** Runs before each write of the record. */
  beforeWrite: () => void | Promise<void>;
  /** What is known of the peer, while its breaker is open. */
  down: PeerRecord | undefined;
  /** Added to the clock, in milliseconds. */
  later: number;
  /** Whoever sleeps is woken so many times earlier. */
  haste: number;
  /** What discovery says when it is asked for anew. */
  rediscover: () => PeerProfile;
  logged: string[];
  close(): Promise<void>;
}

export function receiver(
  server: Pick<ShareServer, "origin">,
  share: Partial<IncomingShare> = {},
  profile: Partial<PeerProfile> = {},
): Receiver {
  const agent = new Agent();
  const log = (_fields: object, message: string) => void self.logged.push(message);
  const logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  const self: Receiver = {
    profile: profileOf(server.origin, profile),
    record: incomingShare(server.origin, share),
    writes: 0,
    rediscovered: 0,
    beforeWrite: () => {},
    down: undefined,
    later: 0,
    haste: 1,
    rediscover: () => self.profile,
    logged: [],
    access: createRemoteAccess({
      telemetry: NO_TELEMETRY,
      store: {
        incoming: {
          get: async (id) => (id === self.record.id ? self.record : undefined),
          async replace(record) {
            await self.beforeWrite();
            if (record.version !== self.record.version) return false;
            self.record = { ...record, version: record.version + 1 };
            self.writes += 1;
            return true;
          },
        },
      },
      peers: peerClient(agent, () => self),
      sealer: testSealer(),
      system: {
        ...testSystem,
        now: () => Date.now() + self.later,
        sleep: (ms, signal) => testSystem.sleep(ms / self.haste, signal),
        soon: () => new Promise((resolve) => setImmediate(resolve)),
      },
      ownHost: "b.example",
      logger,
    }),
    close: () => agent.destroy(),
  };
  return self;
}

function peerClient(agent: Agent, self: () => Receiver): PeerClient {
  return {
    async discover(_host, options) {
      if (options?.fresh) {
        self().rediscovered += 1;
        self().profile = self().rediscover();
      }
      return self().profile;
    },
    async post({ host, endpoint, body, requestId }) {
      const url = endpoint === "token" ? self().profile.tokenEndPoint : null;
      if (url === null || !("form" in body))
        throw new PeerFailure("peer-no-token-endpoint", host, "No token endpoint.");
      const answer = await transport(host, () =>
        request(url, {
          dispatcher: agent,
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded", "x-request-id": requestId },
          body: new URLSearchParams(body.form).toString(),
        }),
      );
      const text = await answer.body.text();
      return { status: answer.statusCode, body: text.startsWith("{") ? JSON.parse(text) : undefined, retryAfter: null };
    },
    async stream({ host, method, url, headers, body, requestId, signal }) {
      const answer = await transport(host, () =>
        request(url, { dispatcher: agent, method, headers: { ...headers, "x-request-id": requestId }, body, signal }),
      );
      const fields = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
      return { status: answer.statusCode, headers: Object.fromEntries(fields), body: answer.body };
    },
    health: async () => self().down,
    isUnreachable: () => self().down !== undefined,
  };
}

async function transport<T>(host: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const refused = (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
    const cause = refused ? new TransportError("connect", "Nobody listens there.") : error;
    throw new PeerFailure("peer-unreachable", host, `${host} does not answer.`, { cause });
  }
}
