import { AsyncLocalStorage } from "node:async_hooks";
import type { Context, SpanContext } from "@opentelemetry/api";
import type { OpenTelemetryApi } from "./api.ts";

/** Which span is under way. */
export interface Contexts {
  active(): Context;
  run<T>(context: Context, work: () => T): T;
}

/** The host's context manager, or one of our own where the host has none: without any, no span would find its parent. */
export function contextsOf({ context, createContextKey, ROOT_CONTEXT }: OpenTelemetryApi): Contexts {
  const probe = createContextKey("koa-ocm");
  const isManaged = context.with(
    ROOT_CONTEXT.setValue(probe, true),
    () => context.active().getValue(probe) !== undefined,
  );
  if (isManaged) return { active: () => context.active(), run: (inner, work) => context.with(inner, work) };
  const own = new AsyncLocalStorage<Context>();
  return { active: () => own.getStore() ?? ROOT_CONTEXT, run: (inner, work) => own.run(inner, work) };
}

/** Nothing is traced, so nothing has to be carried along. */
export function noContexts({ ROOT_CONTEXT }: OpenTelemetryApi): Contexts {
  return { active: () => ROOT_CONTEXT, run: (_context, work) => work() };
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The span that a request says it comes from (W3C Trace Context section 3.2), or undefined. */
export function spanContextIn(
  traceparent: string | string[] | undefined,
  { isSpanContextValid }: OpenTelemetryApi,
): SpanContext | undefined {
  const match = typeof traceparent === "string" ? TRACEPARENT.exec(traceparent) : null;
  if (match === null) return undefined;
  const [, version, traceId = "", spanId = "", flags = "", more] = match;
  // Version 00 has four fields, later ones may have more; ff is forbidden.
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined;
  const found = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(found) ? found : undefined;
}
