import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Sealer, TokenClaims } from "../ports/crypto.ts";
import type { HostFiles } from "../ports/host.ts";
import type { OutgoingShare } from "../ports/records.ts";
import type { Store } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import { OcmError } from "../protocol/errors.ts";
import { stillOpen } from "./authorize.ts";
import { errorReply } from "./dav/error-reply.ts";
import type { DavReply } from "./dav/request.ts";
import { serveShare } from "./dav/serve-share.ts";
import { type RecentMoves, recentMoves } from "./dav/tree/recent-moves.ts";
import { diskFiles } from "./disk-files.test-helper.ts";
import { memoryTreeStore } from "./memory-store.test-helper.ts";
import { openShare } from "./open-share.ts";
import { createTransfers, type Transfers } from "./transfers.ts";

export const testSystem: Pick<System, "now" | "sleep" | "random"> = {
  now: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, { ref: false, ...(signal ? { signal } : {}) }).catch(() => {}),
  random: (_purpose, bytes) => Buffer.alloc(bytes, 7),
};

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Tokens that a map knows, and secrets that are not sealed. */
export function testSealer(): Sealer {
  const tokens = new Map<string, TokenClaims>();
  return {
    seal: (plain) => ({ keyId: "none", data: plain }),
    open: (sealed) => sealed.data,
    issueToken(claims) {
      const token = `ocm_${tokens.size}`;
      tokens.set(token, claims);
      return token;
    },
    readToken: (token) => tokens.get(token),
  };
}

export function outgoingShare(changes: Partial<OutgoingShare> = {}): OutgoingShare {
  return {
    kind: "outgoing",
    id: "share-1",
    version: 0,
    createdAt: 0,
    updatedAt: 0,
    outbox: [],
    nextAt: null,
    leaseBy: null,
    leaseUntil: null,
    user: "alice",
    path: "/docs",
    fileId: null,
    name: "Documents",
    description: null,
    resourceType: "folder",
    shareType: "user",
    shareWith: "bob@b.example",
    host: "b.example",
    permissions: ["read", "write"],
    strict: false,
    legacyBasic: false,
    status: "accepted",
    reason: null,
    secretHash: sha256("s3cret"),
    secret: null,
    epoch: 1,
    recipientDisplayName: null,
    expiresAt: null,
    endedAt: null,
    sent: true,
    ...changes,
  };
}

/** A request as it arrived. */
interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
}

export interface ShareServer {
  origin: string;
  /** Where the test's files are: the tree of alice. */
  home: string;
  files: HostFiles;
  /** Locks, notes and marks: in memory, until a test puts a database here. */
  store: Pick<Store, "locks" | "notes" | "marks">;
  moves: RecentMoves;
  transfers: Transfers;
  sealer: Sealer;
  shares: Map<string, OutgoingShare>;
  seen: Seen[];
  /** Answers instead of the server where it says so. */
  fault: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Milliseconds that tokens live. */
  tokenLife: number;
  close(): Promise<void>;
}

/** The WebDAV room behind node:http, with a token endpoint beside it, on real files. */
export async function startShareServer(share: OutgoingShare = outgoingShare()): Promise<ShareServer> {
  const root = await mkdtemp(join(tmpdir(), "koa-ocm-access-"));
  await mkdir(join(root, "alice", "docs"), { recursive: true });
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    seen.push({ method, url, headers });
    if (self.fault(request, response)) return;
    const answer = url === "/ocm/token" ? token(self, request) : dav(self, request);
    answer.then((reply) => send(response, reply)).catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const self: ShareServer = {
    origin: `http://127.0.0.1:${port}`,
    home: join(root, "alice"),
    files: diskFiles(root),
    store: memoryTreeStore(),
    moves: recentMoves(testSystem),
    transfers: createTransfers(testSystem),
    sealer: testSealer(),
    shares: new Map([[share.id, share]]),
    seen,
    fault: () => false,
    tokenLife: 300_000,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(root, { recursive: true, force: true });
    },
  };
  return self;
}

async function dav(server: ShareServer, request: IncomingMessage): Promise<DavReply> {
  const { method = "", url = "", headers } = request;
  const outgoing = {
    get: async (id: string) => server.shares.get(id),
    bySecretHash: async (hash: string) => [...server.shares.values()].find((share) => share.secretHash === hash),
  };
  try {
    const rest = url.replace(/\?.*$/, "").slice("/ocm/dav".length);
    const { share, base, path } = await openShare(rest, "/ocm/dav", {
      authorization: headers.authorization,
      store: outgoing,
      sealer: server.sealer,
      now: Date.now(),
    });
    const stillValid = stillOpen(share, { outgoing }, testSystem);
    return await serveShare(
      { method, path, headers, body: request },
      {
        files: server.files,
        share,
        base,
        origin: server.origin,
        system: testSystem,
        tree: `files:${share.user}`,
        store: server.store,
        principal: share.id,
        moves: server.moves,
        stillValid,
        guard: (stream) => server.transfers.watch(stream, `${share.id}:${share.epoch}`, stillValid),
      },
    );
  } catch (error) {
    if (error instanceof OcmError) return errorReply(error);
    return { status: 500, headers: {}, body: Buffer.from(String(error)) };
  }
}

async function token(server: ShareServer, request: IncomingMessage): Promise<DavReply> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const code = new URLSearchParams(Buffer.concat(chunks).toString()).get("code") ?? "";
  const share = [...server.shares.values()].find(({ secretHash }) => secretHash === sha256(code));
  const headers = { "content-type": "application/json" };
  if (share === undefined) return { status: 400, headers, body: Buffer.from('{"error":"invalid_grant"}') };
  const expiresAt = Date.now() + server.tokenLife;
  const accessToken = server.sealer.issueToken({ share: share.id, epoch: share.epoch, expiresAt });
  const body = { access_token: accessToken, token_type: "Bearer", expires_in: server.tokenLife / 1000 };
  return { status: 200, headers, body: Buffer.from(JSON.stringify(body)) };
}

function send(response: ServerResponse, reply: DavReply): void {
  response.writeHead(reply.status, reply.headers);
  if (reply.body === null || Buffer.isBuffer(reply.body)) response.end(reply.body ?? undefined);
  else if (response.destroyed) reply.body.destroy();
  else pipeline(reply.body, response, () => {});
}

export interface RawReply {
  status: number;
  headers: IncomingMessage["headers"];
  text: string;
  body: Buffer;
}

/** One request whose path goes out exactly as it is written. */
export async function raw(
  server: Pick<ShareServer, "origin">,
  method: string,
  path: string,
  options: { headers?: Record<string, string>; body?: string | Buffer | Readable } = {},
): Promise<RawReply> {
  const { hostname, port } = new URL(server.origin);
  const headers = { authorization: "Bearer s3cret", ...options.headers };
  const { body } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers, agent: false }, async (response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const whole = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: whole.toString(), body: whole });
      } catch (error) {
        reject(error);
      }
    });
    request.on("error", reject);
    if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) request.end(body);
    else pipeline(body, request, () => {});
  });
}
