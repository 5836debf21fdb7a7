import type { Attributes, Context } from "@opentelemetry/api";
import type { Served, ServedRequest, Telemetry } from "../ports/telemetry.ts";
import type { Tools } from "./api.ts";
import { whenClosed } from "./closed.ts";
import { spanContextIn } from "./contexts.ts";
import { HTTP_DURATIONS, methodOf, redactedPath, spanName } from "./http.ts";

/** By this name the instrumentation of a host's HTTP server lets others tell the route. */
const RPC_METADATA = "OpenTelemetry SDK Context Key RPC_METADATA";

/** Requests that come in: a span, and `http.server.request.duration`. */
export function serving({ api, tracer, meter, contexts, system, self, quietly }: Tools): Telemetry["serve"] {
  const { trace, SpanKind, SpanStatusCode } = api;
  const metadata = api.createContextKey(RPC_METADATA);
  const duration = meter.createHistogram("http.server.request.duration", {
    description: "Duration of HTTP server requests.",
    unit: "s",
    advice: { explicitBucketBoundaries: HTTP_DURATIONS },
  });

  function tellRoute(context: Context, route: string): void {
    const told = context.getValue(metadata);
    if (typeof told === "object" && told !== null && route !== "") Object.assign(told, { route });
  }

  return (request, work) => {
    const begun = system.now();
    const { route, response } = request;
    const about: Attributes = { "http.request.method": methodOf(request.method), ...self };
    if (route !== "") about["http.route"] = route;
    const active = contexts.active();
    tellRoute(active, route);
    const caller = spanContextIn(request.headers.traceparent, api);
    const span = tracer.startSpan(
      spanName(request.method, route),
      {
        // The host's own instrumentation may have begun the span of the server.
        kind: isTraced(active) ? SpanKind.INTERNAL : SpanKind.SERVER,
        attributes: { ...about, "url.path": redactedPath(route) },
        // Whoever asks could choose the trace, and whether it is kept: a link shows as much and decides nothing.
        links: caller === undefined ? [] : [{ context: caller }],
      },
      active,
    );
    let refusal: string | null = null;
    const served: Served = {
      answered({ requestId, code, peer }) {
        refusal = code;
        span.setAttribute("ocm.request.id", requestId);
        if (code !== null) span.setAttribute("ocm.error.code", code);
        if (peer !== null) span.setAttribute("ocm.peer.host", peer);
      },
    };
    const end = () => {
      const outcome = outcomeOf(response, refusal);
      if (outcome["error.type"] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttributes(outcome);
      if (!response.writableFinished) span.setAttribute("ocm.response.complete", false);
      span.end();
      duration.record((system.now() - begun) / 1000, { ...about, ...outcome });
    };
    // Whoever asked may be gone long before the work is done, and what comes of it belongs to the span.
    let open = 2;
    const over = () => {
      open -= 1;
      if (open === 0) quietly(end);
    };
    whenClosed(response, over);
    const outcome = contexts.run(trace.setSpan(active, span), () => work(served));
    if (outcome instanceof Promise) outcome.then(over, over);
    else over();
    return outcome;
  };

  function isTraced(context: Context): boolean {
    const span = trace.getSpan(context);
    return span !== undefined && api.isSpanContextValid(span.spanContext());
  }
}

function outcomeOf({ headersSent, statusCode }: ServedRequest["response"], refusal: string | null): Attributes {
  if (!headersSent) return {};
  const status = { "http.response.status_code": statusCode };
  return statusCode < 500 ? status : { ...status, "error.type": refusal ?? String(statusCode) };
}
