import type { Attributes } from "@opentelemetry/api";
import type { AskedRequest, Telemetry } from "../ports/telemetry.ts";
import type { Tools } from "./api.ts";
import { whenClosed } from "./closed.ts";
import { addressOf, errorType, HTTP_DURATIONS, methodOf, spanName } from "./http.ts";

/** By this name a context says that nothing in it is traced. */
const SUPPRESSED = "OpenTelemetry SDK Context Key SUPPRESS_TRACING";
/** Peers that metrics tell apart. */
const MOST_PEERS = 100;

/** Requests to other servers: a span, and `http.client.request.duration`. */
export function asking({ api, tracer, meter, contexts, system, isKnown, quietly }: Tools): Telemetry["ask"] {
  const { trace, SpanKind, SpanStatusCode } = api;
  const suppressed = api.createContextKey(SUPPRESSED);
  const duration = meter.createHistogram("http.client.request.duration", {
    description: "Duration of HTTP client requests.",
    unit: "s",
    advice: { explicitBucketBoundaries: HTTP_DURATIONS },
  });
  const named = new Set<string>();

  /** Anybody can make this server ask a host that he names, so metrics tell apart only peers that the operator named. */
  function mayBeNamed(host: string): boolean {
    if (named.has(host)) return true;
    if (named.size >= MOST_PEERS || !isKnown(host)) return false;
    named.add(host);
    return true;
  }

  return async (request, work) => {
    const begun = system.now();
    const { scheme, address } = targetOf(request);
    const about: Attributes = { "http.request.method": methodOf(request.method), "url.scheme": scheme };
    if (request.template !== undefined) about["url.template"] = request.template;
    const active = contexts.active();
    const span = tracer.startSpan(
      spanName(request.method, request.template),
      { kind: SpanKind.CLIENT, attributes: { ...about, ...address, "ocm.peer.host": request.host } },
      active,
    );
    const end = (outcome: Attributes) => {
      if (outcome["error.type"] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttributes(outcome);
      span.end();
      const peer = mayBeNamed(request.host) ? address : { "server.address": "_OTHER" };
      duration.record((system.now() - begun) / 1000, { ...about, ...peer, ...outcome });
    };
    try {
      // The instrumentation of a host's HTTP client would send the identifiers of this trace to the peer, and count the request again.
      const answer = await contexts.run(trace.setSpan(active, span).setValue(suppressed, true), work);
      const { status, body } = answer;
      whenClosed(body, () => {
        const failed = body.errored === null ? (status >= 400 ? String(status) : null) : errorType(body.errored);
        quietly(() =>
          end({ "http.response.status_code": status, ...(failed === null ? {} : { "error.type": failed }) }),
        );
      });
      return answer;
    } catch (error) {
      end({ "error.type": errorType(error) });
      throw error;
    }
  };
}

function targetOf({ url, host }: AskedRequest): { scheme: string; address: Attributes } {
  const target = URL.parse(url);
  const scheme = target?.protocol === "http:" ? "http" : "https";
  try {
    return { scheme, address: addressOf(scheme, target?.host ?? host) };
  } catch {
    return { scheme, address: {} };
  }
}
