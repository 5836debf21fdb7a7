import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { z } from "zod";
import type { ContactView, InviteView, OcmApi, ReceivedShareView, RemoteEntry, SentShareView } from "../../api.ts";
import type { HostUser, HostUsers } from "../../ports/host.ts";
import type { Logger } from "../../ports/log.ts";
import { createMatcher } from "../matcher.ts";
import type { Call, Reply, Route } from "../route.ts";
import { userRoutes } from "./user-routes.ts";

export const AT = Date.UTC(2026, 10, 24, 12);
export const AT_TEXT = "2026-11-24T12:00:00.000Z";

export const invite: InviteView = {
  id: "i1",
  status: "accepted",
  note: "for Bob",
  createdAt: AT,
  expiresAt: AT,
  acceptedBy: { address: "bob@b.example", name: "Bob", email: "bob@mail.example", at: AT },
};

export const contact: ContactView = {
  id: "c1",
  address: "bob@b.example",
  host: "b.example",
  name: "Bob",
  email: "bob@mail.example",
  status: "active",
  origin: "invite-accepted",
  reason: null,
  createdAt: AT,
};

const deliveries: SentShareView["deliveries"] = [
  {
    record: "s1",
    kind: "outgoing",
    seq: 1,
    type: "share",
    detail: "",
    to: "b.example",
    attempts: 2,
    createdAt: AT,
    nextAttemptAt: AT,
    parked: false,
    lastError: { code: "peer-unreachable", message: "It does not answer.", at: AT, status: null },
    requestId: "request-1",
  },
];

export const sentShare: SentShareView = {
  id: "s1",
  path: "/photos",
  name: "photos",
  description: null,
  resourceType: "folder",
  shareWith: "bob@b.example",
  permissions: ["read"],
  status: "pending",
  strict: true,
  reason: null,
  recipientDisplayName: "Bob",
  createdAt: AT,
  expiresAt: null,
  endedAt: null,
  deliveries,
};

export const receivedShare: ReceivedShareView = {
  id: "r1",
  name: "notes.txt",
  description: "what we said",
  resourceType: "file",
  sender: "bob@b.example",
  owner: "carol@b.example",
  senderDisplayName: "Bob",
  ownerDisplayName: null,
  permissions: ["read", "write"],
  requirements: ["must-exchange-token"],
  status: "accepted",
  endedBy: null,
  access: "refused",
  accessEvidence: { code: "peer-refused", message: "It said no.", at: AT, status: 403 },
  warnings: ["unknown-sender"],
  lastKnown: { size: 5, modifiedAt: null, at: AT },
  createdAt: AT,
  expiresAt: AT,
  endedAt: null,
  deliveries,
};

export const entry: RemoteEntry = {
  name: "a.txt",
  path: "sub/a.txt",
  type: "file",
  size: 5,
  modifiedAt: AT,
  etag: "v1",
  mediaType: "text/plain",
};

export const alice: HostUser = { id: "alice", displayName: "Alice Ångström", email: "alice@mail.example" };

type Script = { [K in keyof OcmApi]?: Partial<OcmApi[K]> };

/** An OcmApi of which only what is given works; anything else fails the test that calls it. */
export function fakeApi(script: Script = {}): OcmApi {
  const refuse =
    (name: string) =>
    (...args: unknown[]): never => {
      throw new Error(`${name} was called with ${JSON.stringify(args)}`);
    };
  const part = <T extends object>(name: string, given: Partial<T> = {}): T =>
    new Proxy(given, { get: (target, key) => Reflect.get(target, key) ?? refuse(`${name}.${String(key)}`) }) as T;
  return {
    invites: part("invites", script.invites),
    contacts: part("contacts", script.contacts),
    sent: part("sent", script.sent),
    received: part("received", script.received),
    deliveries: part("deliveries", script.deliveries),
    copies: part("copies", script.copies),
    passwords: part("passwords", script.passwords),
    fileChanged: refuse("fileChanged"),
    fileMoved: refuse("fileMoved"),
    fileRemoved: refuse("fileRemoved"),
    userRemoved: refuse("userRemoved"),
  };
}

export function routesOf(script: Script = {}, users: Partial<HostUsers> = {}): Route[] {
  return userRoutes({
    api: fakeApi(script),
    users: { find: async (id) => (id === alice.id ? alice : undefined), ...users },
    ownHost: "a.example",
    name: "A",
  });
}

export interface Asked {
  json?: unknown;
  headers?: Record<string, string>;
  content?: string;
}

/** Finds the route as the router would, and calls its handler. The answer has to be as the route documents it. */
export async function ask(routes: Route[], method: string, url: string, asked: Asked = {}): Promise<Reply> {
  const { route, call } = find(routes, method, url, asked);
  const reply = await route.handle(call);
  assertDocumented(route, reply);
  return reply;
}

function find(routes: Route[], method: string, url: string, asked: Asked): { route: Route; call: Call } {
  const { pathname, searchParams } = new URL(url, "http://a.example/");
  const match = createMatcher(routes).match(method, pathname);
  if (!match) throw new Error(`There is no route for ${method} ${pathname}.`);
  return { route: match.route, call: makeCall(method, pathname, match.params, searchParams, asked) };
}

function makeCall(
  method: string,
  rawPath: string,
  params: Record<string, string>,
  query: URLSearchParams,
  asked: Asked,
): Call {
  const request = Object.assign(new IncomingMessage(new Socket()), { method, headers: asked.headers ?? {} });
  if (asked.content !== undefined) request.push(asked.content);
  request.push(null);
  const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
  return {
    method,
    rawPath,
    params,
    query,
    headers: request.headers,
    bytes: Buffer.alloc(0),
    json: asked.json,
    form: new URLSearchParams(),
    request,
    user: { id: "alice", secondFactor: true },
    peer: null,
    requestId: "request-1",
    log,
    signal: new AbortController().signal,
    context: { method, path: rawPath, headers: request.headers, req: request, state: {} },
  };
}

function assertDocumented(route: Route, reply: Reply): void {
  if (!route.openapi) return;
  const documented = route.openapi.responses[reply.status];
  if (reply.status === 416) return;
  if (!documented) throw new Error(`${route.path} does not document ${reply.status}.`);
  // What comes in pieces is looked at by the test that asked for it.
  if (!documented.schema || reply.body instanceof Readable) return;
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(z.toJSONSchema(documented.schema));
  const body: unknown = JSON.parse(JSON.stringify(reply.body));
  if (!validate(body))
    throw new Error(`${route.path} answers with what it does not document: ${ajv.errorsText(validate.errors)}`);
}

/** The bytes of a stream, as text. */
export async function read(body: Reply["body"]): Promise<string> {
  if (!(body instanceof Readable)) throw new TypeError("The body is no stream.");
  return Buffer.concat(await body.toArray()).toString();
}

export function streamOf(text: string): Readable {
  const stream = new PassThrough();
  stream.end(text);
  return stream;
}
