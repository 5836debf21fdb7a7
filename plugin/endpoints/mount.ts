import type { OcmEvents, RequestEvent } from "../events.ts";
import type { HostSession } from "../ports/host.ts";
import type { Logger } from "../ports/log.ts";
import type { System } from "../ports/system.ts";
import type { Served, ServedRequest, Telemetry } from "../ports/telemetry.ts";
import { OcmError } from "../protocol/errors.ts";
import { parseStrictJson } from "../protocol/strict-json.ts";
import { asOcmError, errorReply, send } from "./answer.ts";
import { readBytes, requireMediaType } from "./body.ts";
import { type PrebuiltDocument, sendDocument } from "./documents.ts";
import type { KoaContext, KoaMiddleware } from "./koa.ts";
import { createMatcher, type Match } from "./matcher.ts";
import { requestIdOf } from "./request-id.ts";
import type { Call, Route } from "./route.ts";

export interface MountOptions {
  routes: readonly Route[];
  /** Path of all routes but the well-known ones, such as "/ocm". */
  prefix: string;
  /** What a reverse proxy may or may not have stripped. */
  publicPath: string;
  /** Constant documents by the exact path at which they are served. */
  documents(): ReadonlyMap<string, PrebuiltDocument>;
  session: HostSession;
  system: System;
  log: Logger;
  events: OcmEvents;
  telemetry: Telemetry;
  /** Called once, with the first request that reaches the plugin. */
  firstRequest(context: KoaContext): void;
}

/** The plugin's middlewares. */
export interface Mounted {
  /** Everything, for the root of the application. */
  middleware(): KoaMiddleware;
  /** The documents below `/.well-known/` only, for the root. */
  wellKnown(): KoaMiddleware;
  /** All the rest, for wherever the host mounts it: the path may still have the prefix or have lost it. */
  routes(): KoaMiddleware;
}

const NOTHING = Buffer.alloc(0);
/** Nobody writes to it. */
const NO_PARAMETERS = new URLSearchParams();
/** Statuses that an operator has to look at. What a peer asks in vain, or does not do, is no error of this server's. */
const OWN_FAULTS: ReadonlySet<number> = new Set([500, 503]);

/** Mounts the routes table in Koa. Constant documents are answered before any routing. */
export function mount(options: MountOptions): Mounted {
  const { prefix, publicPath, system, log, events, telemetry } = options;
  const matcher = createMatcher(options.routes);
  let first = true;

  return {
    middleware: () => (context, next) => {
      const path = withoutPublicPath(context.path);
      if (answerDocument(context, path)) return Promise.resolve();
      return path === prefix || path.startsWith(`${prefix}/`)
        ? dispatch(context, path.slice(prefix.length), next)
        : next();
    },
    wellKnown: () => (context, next) => (answerDocument(context, context.path) ? Promise.resolve() : next()),
    routes: () => (context, next) => {
      const path = withoutPublicPath(context.path);
      const below = path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
      return answerDocument(context, prefix + below) ? Promise.resolve() : dispatch(context, below, next);
    },
  };

  function withoutPublicPath(path: string): string {
    return publicPath !== "" && path.startsWith(`${publicPath}/`) ? path.slice(publicPath.length) : path;
  }

  function answerDocument(context: KoaContext, path: string): boolean {
    if (first) {
      first = false;
      options.firstRequest(context);
    }
    const document = options.documents().get(path);
    if (document === undefined) return false;
    telemetry.serve(asked(context, path), () => sendDocument(context, document));
    return true;
  }

  function asked({ method, headers, res }: KoaContext, route: string): ServedRequest {
    return { method, route, headers, response: res };
  }

  function dispatch(context: KoaContext, path: string, next: () => Promise<unknown>): Promise<unknown> {
    let match: Match | undefined;
    let malformed: OcmError | undefined;
    try {
      match = matcher.match(context.method, path === "" ? "/" : path);
    } catch (error) {
      malformed = asOcmError(error);
    }
    if (match === undefined && malformed === undefined) return next();
    const route = match === undefined ? "" : prefix + match.route.path;
    return telemetry.serve(asked(context, route), (served) => answer(context, path, match, malformed, served));
  }

  async function answer(
    context: KoaContext,
    path: string,
    match: Match | undefined,
    malformed: OcmError | undefined,
    served: Served,
  ): Promise<void> {
    const begun = system.now();
    const requestId = requestIdOf(context.headers["x-request-id"], system);
    const call = emptyCall(context, match?.params ?? {}, path, requestId);
    let failure = malformed ?? null;
    if (match !== undefined) {
      try {
        await prepare(context, match.route, call);
        send(context, await match.route.handle(call), requestId);
      } catch (error) {
        failure = asOcmError(error);
      }
    }
    if (failure !== null) {
      send(context, match?.route.refuse?.(failure, requestId) ?? errorReply(failure, requestId), requestId);
      if (failure.code === "method-not-allowed") context.set("allow", matcher.allowed(path).join(", "));
    }
    report(context, call, match?.route, failure, begun, served);
  }

  function report(
    context: KoaContext,
    call: Call,
    route: Route | undefined,
    failure: OcmError | null,
    begun: number,
    served: Served,
  ): void {
    const event: RequestEvent = {
      requestId: call.requestId,
      method: context.method,
      route: route?.path ?? "",
      status: context.status,
      code: failure?.code ?? null,
      peer: call.peer,
      user: call.user.id === "" ? null : call.user.id,
      duration: system.now() - begun,
    };
    served.answered(event);
    events.emit("request", event);
    if (failure === null) log.debug(event, "answered");
    else if (!OWN_FAULTS.has(failure.status)) log.info({ ...event, reason: reasonOf(failure) }, "refused");
    else log.error({ ...event, reason: failure.message, err: failure.cause }, "failed");
  }

  function emptyCall(context: KoaContext, params: Record<string, string>, rawPath: string, requestId: string): Call {
    const gone = new AbortController();
    // An abort makes an error with a stack, so a request that was answered in full is not aborted.
    context.res.once("close", () => {
      if (!context.res.writableFinished) gone.abort();
    });
    return {
      method: context.method,
      rawPath,
      params,
      query: context.querystring === "" ? NO_PARAMETERS : new URLSearchParams(context.querystring),
      headers: context.headers,
      bytes: NOTHING,
      json: undefined,
      form: NO_PARAMETERS,
      request: context.req,
      user: { id: "" },
      peer: null,
      requestId,
      log,
      signal: gone.signal,
      context,
    };
  }

  /** Everything that is checked before a handler is called. */
  async function prepare(context: KoaContext, { access, body }: Route, call: Call): Promise<void> {
    if (access.kind === "session") call.user = await sessionUser(context);
    if (body.kind === "json") {
      requireMediaType(context.req, "application/json");
      call.bytes = await readBytes(context, body.limit);
      call.json = parseStrictJson(call.bytes);
    } else if (body.kind === "form") {
      requireMediaType(context.req, "application/x-www-form-urlencoded");
      call.bytes = await readBytes(context, body.limit);
      call.form = new URLSearchParams(call.bytes.toString("utf8"));
    }
  }

  async function sessionUser(context: KoaContext): Promise<Call["user"]> {
    const user = await options.session.authenticate(context);
    if (user === undefined) throw new OcmError("unauthenticated");
    const changes = context.method !== "GET" && context.method !== "HEAD" && context.method !== "OPTIONS";
    const forgery = changes ? options.session.forgery(context) : null;
    if (forgery !== null) throw new OcmError("forgery-check", { message: forgery });
    return user;
  }
}

/** What went wrong for the operator's eyes: peers are told less. */
function reasonOf({ message, cause }: OcmError): string {
  return cause instanceof Error ? `${message} ${cause.message}` : message;
}
