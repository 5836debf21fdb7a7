import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { closeServers, listen } from "../server/listen.ts";
import type { Clock } from "./clock.test-helper.ts";
import { type Answer, type Exchange, exchange, objectIn, tapped } from "./http.test-helper.ts";
import { type FakeKey, fakeKey, signatureHeaders, type Tweaks } from "./message-signature.test-helper.ts";

/** A request that came to a fake peer. */
export interface FakeRequest {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  text: string;
  json: Record<string, unknown>;
}

export interface FakeAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON; what is iterated is sent as it comes. */
  body?: object | string | AsyncIterable<Uint8Array>;
}

/** The answer to a request; undefined leaves it to the default, which agrees to everything. */
export type Script = (request: FakeRequest) => FakeAnswer | undefined | Promise<FakeAnswer | undefined>;

/** A message that is sent as this peer. */
export interface Message {
  path: string;
  json?: unknown;
  form?: Record<string, string>;
  /** Sent as it is, instead of `json` and `form`. */
  raw?: string;
  /** False: without a signature. */
  sign?: boolean;
  tweaks?: Tweaks;
  headers?: Record<string, string>;
  /** Changes the headers once they are signed. */
  amend?(headers: Record<string, string>): Record<string, string>;
  chunked?: boolean;
}

/** A server that is no plugin: it says and signs whatever a test wants, and remembers what it is told. */
export interface FakePeer {
  origin: string;
  host: string;
  key: FakeKey;
  /** Its discovery document and its keys; tests change them. */
  discovery: Record<string, unknown>;
  keys: Record<string, unknown>[];
  script: Script;
  received: FakeRequest[];
  /** Requests to this endpoint, such as `shares`. */
  told(endpoint: string): FakeRequest[];
  /** The shared secret of the last share that it was sent, whatever its form. */
  lastSecret(): string;
  /** Sends a message to a server and gives its answer. */
  post(server: { origin: string }, message: Message): Promise<Answer>;
  /** A Share Creation Notification for this address, as the draft has it. */
  notice(shareWith: string, more?: Record<string, unknown>): Record<string, unknown> & { providerId: string };
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

export async function startFakePeer(
  name: string,
  clock: Clock,
  seen: (exchange: Exchange) => void,
  discovery: Record<string, unknown> = {},
): Promise<FakePeer> {
  const received: FakeRequest[] = [];
  const ended = new AbortController();
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const request = await readRequest(req);
    received.push(request);
    const scripted = await Promise.race([peer.script(request), aborted(ended.signal)]);
    const { status = 200, headers = {}, body } = scripted ?? agree(peer, request);
    if (body === undefined || typeof body === "string") return res.writeHead(status, headers).end(body);
    if (Symbol.asyncIterator in body) {
      res.writeHead(status, headers);
      return pipeline(Readable.from(body), res).catch(() => undefined);
    }
    return res.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
  const listener = tapped(name, (req, res) => void answer(req, res).catch(() => res.destroy()), seen);
  const first = await listen(0, listener);
  let { servers } = first;
  const host = `localhost:${first.port}`;
  const origin = `http://${host}`;
  const key = fakeKey(`https://${host}/ocm#first`);
  const down = async () => {
    const closing = servers;
    servers = [];
    await closeServers(closing, 0);
  };
  const peer: FakePeer = {
    origin,
    host,
    key,
    discovery: { ...discoveryOf(name, origin), ...discovery },
    keys: [key.jwk],
    script: () => undefined,
    received,
    told: (endpoint) => received.filter(({ path, method }) => method === "POST" && path === `/ocm/${endpoint}`),
    lastSecret() {
      const secret = /"sharedSecret":"([^"]+)"/.exec(peer.told("shares").at(-1)?.text ?? "")?.[1];
      if (secret === undefined) throw new Error(`${name} was sent no share.`);
      return secret;
    },
    post(server, message) {
      const { path, sign = true, tweaks, headers = {}, amend, chunked = false } = message;
      const url = `${server.origin}${path}`;
      const { type, text } = bodyOf(message);
      const body = Buffer.from(text);
      const signature = sign ? signatureHeaders({ method: "POST", url, body, now: clock.now() }, key, tweaks) : {};
      const all = { "content-type": type, ...signature, ...headers };
      return exchange({ method: "POST", url, body, chunked, headers: amend?.(all) ?? all });
    },
    notice: (shareWith, more = {}) => ({
      shareWith,
      name: "Shared by a fake peer",
      owner: `mallory@${host}`,
      sender: `mallory@${host}`,
      shareType: "user",
      resourceType: "file",
      protocol: {
        name: "multi",
        webdav: { uri: "fake", sharedSecret: randomBytes(12).toString("hex"), permissions: ["read"] },
      },
      providerId: randomBytes(8).toString("hex"),
      ...more,
    }),
    down,
    async up() {
      ({ servers } = await listen(first.port, listener));
    },
    async close() {
      ended.abort();
      await down();
    },
  };
  return peer;
}

/** What a peer of today says of itself. */
function discoveryOf(provider: string, origin: string): Record<string, unknown> {
  const protocols = { webdav: "/dav/", "webdav-receive": { uri: "relative" } };
  return {
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: `${origin}/ocm`,
    provider,
    resourceTypes: ["file", "folder"].map((type) => ({ name: type, shareTypes: ["user"], protocols })),
    capabilities: ["exchange-token", "http-sig", "invites", "notifications", "protocol-object"],
    criteria: ["must-use-http-sig"],
    tokenEndPoint: `${origin}/ocm/token`,
    jwksUri: `${origin}/ocm/jwks.json`,
  };
}

function agree(peer: FakePeer, { method, path }: FakeRequest): FakeAnswer {
  switch (`${method} ${path}`) {
    case "GET /.well-known/ocm":
      return { body: peer.discovery };
    case "GET /.well-known/jwks.json":
    case "GET /ocm/jwks.json":
      return { body: { keys: peer.keys } };
    case "POST /ocm/shares":
      return { status: 201, body: { recipientDisplayName: "Somebody at the fake peer" } };
    case "POST /ocm/notifications":
      return { status: 201, body: {} };
    case "POST /ocm/invite-accepted":
      return { body: { userID: "mallory", email: "mallory@example.org", name: "Mallory" } };
    case "POST /ocm/token":
      return {
        body: { access_token: `fake_${randomBytes(12).toString("hex")}`, token_type: "Bearer", expires_in: 300 },
      };
    default:
      return { status: 404, body: { message: "There is nothing here." } };
  }
}

async function readRequest(req: IncomingMessage): Promise<FakeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return { method: req.method ?? "", path: req.url ?? "", headers: req.headers, text, json: objectIn(text) };
}

function bodyOf({ json, form, raw }: Message): { type: string; text: string } {
  if (form !== undefined) {
    return { type: "application/x-www-form-urlencoded", text: new URLSearchParams(form).toString() };
  }
  return { type: "application/json", text: raw ?? JSON.stringify(json) };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("closed"))));
}

/** A file of a fake peer over WebDAV: the answer to whatever is asked about it. */
export function davFile(content: string, { method, path }: FakeRequest): FakeAnswer {
  if (method === "GET") return { headers: { "content-type": "text/plain", etag: '"1"' }, body: content };
  const xml = `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>${path}</d:href><d:propstat><d:prop>
<d:resourcetype/><d:getcontentlength>${content.length}</d:getcontentlength><d:getetag>"1"</d:getetag></d:prop>
<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`;
  return { status: 207, headers: { "content-type": "application/xml" }, body: xml };
}
