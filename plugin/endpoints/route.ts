import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { z } from "zod";
import type { HostContext, SessionUser } from "../ports/host.ts";
import type { Logger } from "../ports/log.ts";
import type { OcmError } from "../protocol/errors.ts";

/** One row of the routes table: all that the server needs to mount, guard, document and advertise an endpoint. */
export interface Route {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "ALL";
  /** Where the path starts: the root of the origin, or the prefix. */
  base: "root" | "prefix";
  /** Path below the base, with `:name` parameters and `*name` for the rest. */
  path: string;
  /** How the body is read: bounded and parsed, or left as a stream for the handler. */
  body: BodyKind;
  /** Who may call it. */
  access: Access;
  /** The switch that turns it on; absent: always on. */
  feature?: "pages" | "wayf" | "userApi" | "wellKnownJwks";
  /** The capability that discovery advertises while the row is mounted (draft section 5.3). */
  capability?: "invite-wayf";
  /** One line for the generated list of endpoints. */
  summary: string;
  /** Section of the draft or RFC that it implements. */
  reference?: string;
  /** What the OpenAPI document of the user API says. */
  openapi?: RouteDocument;
  handle(call: Call): Promise<Reply>;
  /** The form of its refusals, where it is not the OpenAPI document's. */
  refuse?(error: OcmError, requestId: string): Reply;
}

export type BodyKind =
  | { kind: "none" }
  | { kind: "json"; limit: number }
  | { kind: "form"; limit: number }
  | { kind: "stream" };

export type Access =
  /** Anybody. */
  | { kind: "open" }
  /** A local user, by the host's session; requests that change something pass the host's forgery rule. */
  | { kind: "session" }
  /** A peer. The handler gets the raw message and settles who signed it by its own policy, which `policy` names for the docs. */
  | { kind: "peer"; policy: string }
  /** Whoever holds a share's token or secret; the handler decides. */
  | { kind: "share" };

export interface RouteDocument {
  operationId: string;
  description?: string;
  query?: z.ZodObject;
  request?: z.ZodType;
  /** By status: the body's schema, or null for none. */
  responses: Record<number, { description: string; schema?: z.ZodType; mediaType?: string }>;
}

/** One request, as a handler sees it. */
export interface Call {
  method: string;
  /** The full path as it arrived, undecoded, without query. */
  rawPath: string;
  /** Decoded path parameters; `*` parameters keep their slashes and are decoded segment by segment. */
  params: Record<string, string>;
  query: URLSearchParams;
  headers: NodeJS.Dict<string | string[]>;
  /** The raw bytes of a json or form body; empty otherwise. */
  bytes: Buffer;
  /** The parsed body of a json route (any JSON value), or URLSearchParams of a form route. */
  json: unknown;
  form: URLSearchParams;
  /** The request itself, for stream bodies. */
  request: IncomingMessage;
  /** Set on session routes; elsewhere its `id` is empty. */
  user: SessionUser;
  /** Canonical host of the peer that the message speaks for, once that is known. */
  peer: string | null;
  requestId: string;
  log: Logger;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
  context: HostContext;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  /** An object or array is sent as JSON; bytes, text and streams as they are; null or absent: no body. */
  body?: object | string | Buffer | Readable | null;
}
