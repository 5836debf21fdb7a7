import type { Readable } from "node:stream";
import type { Json } from "../ports/records.ts";
import { OcmError } from "../protocol/errors.ts";
import type { KoaContext } from "./koa.ts";
import type { Reply } from "./route.ts";

/** Puts a reply into Koa's hands. */
export function send(context: KoaContext, reply: Reply, requestId: string): void {
  context.status = reply.status;
  for (const [name, value] of Object.entries(reply.headers ?? {})) context.set(name, value);
  context.set("x-request-id", requestId);
  if (reply.body === undefined || reply.body === null) {
    // Koa turns a null body into 204; an empty one keeps the status.
    context.body = "";
    context.remove("content-type");
    if (reply.headers?.["content-type"] !== undefined) context.set("content-type", reply.headers["content-type"]);
    if (reply.status === 204 || reply.status === 304) context.remove("content-length");
    else if (reply.headers?.["content-length"] !== undefined)
      context.set("content-length", reply.headers["content-length"]);
    return;
  }
  const type = reply.headers?.["content-type"];
  if (typeof reply.body === "object" && !Buffer.isBuffer(reply.body) && !isStream(reply.body)) {
    // With the type known, Koa need not find one; and Node writes a string in one piece with the head.
    if (type === undefined) context.set("content-type", "application/json; charset=utf-8");
    context.body = JSON.stringify(reply.body);
  } else {
    if (isStream(reply.body)) cutOffOnFailure(context, reply.body);
    context.body = reply.body;
    if (type !== undefined) context.set("content-type", type);
  }
  if (reply.headers?.["content-length"] !== undefined) context.set("content-length", reply.headers["content-length"]);
}

function isStream(body: unknown): body is Readable {
  return typeof body === "object" && body !== null && "pipe" in body && typeof body.pipe === "function";
}

/** Koa leaves the connection open when a stream fails half-way, and the client waits for the rest for ever. */
function cutOffOnFailure(context: KoaContext, body: Readable): void {
  body.once("error", () => context.res.destroy());
}

/** Any error as an OcmError: what is not one is our own fault, and says nothing to strangers. */
export function asOcmError(error: unknown): OcmError {
  return error instanceof OcmError ? error : new OcmError("internal", { cause: error });
}

/** The body of a refusal: the OpenAPI document's `message` and `validationErrors`, our `code`, `next` and `requestId`. */
export function errorBody(error: OcmError, requestId: string): Record<string, Json> {
  return {
    ...error.body,
    message: error.message,
    code: error.code,
    next: error.next,
    requestId,
    ...(error.validationErrors === undefined
      ? {}
      : { validationErrors: error.validationErrors.map((field) => ({ ...field })) }),
  };
}

/** The refusal as a reply, with Retry-After and WWW-Authenticate where they belong. */
export function errorReply(error: OcmError, requestId: string, more: Record<string, string> = {}): Reply {
  const headers: Record<string, string> = { "cache-control": "no-store", ...more };
  if (error.retryAfter !== undefined) headers["retry-after"] = String(Math.ceil(error.retryAfter));
  else if (error.status === 503) headers["retry-after"] = "5";
  return { status: error.status, headers, body: errorBody(error, requestId) };
}
