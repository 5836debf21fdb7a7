import type { Attributes, Context, Span, SpanContext } from "@opentelemetry/api";
import type { Telemetry } from "../ports/telemetry.ts";
import type { Tools } from "./api.ts";
import { errorType } from "./http.ts";

/** Requests that are remembered as causes of what follows. */
const REMEMBERED = 1000;
const DURATIONS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export type Work = Pick<Telemetry, "deliver" | "delivered" | "verify" | "exchange"> & {
  /** The span under way decides about a request: what it causes will be linked to it. */
  caused(requestId: string | null): void;
};

/** The plugin's own steps: deliveries, signatures, token exchanges. */
export function working({ api, tracer, meter, contexts }: Tools): Work {
  const { trace, SpanKind, SpanStatusCode } = api;
  const signatures = meter.createCounter("ocm.signatures", {
    description: "Messages of peers by what came of their signature.",
    unit: "{message}",
  });
  const deliveries = meter.createCounter("ocm.deliveries", {
    description: "Attempts to deliver what follows from decisions.",
    unit: "{attempt}",
  });
  const durations = meter.createHistogram("ocm.delivery.duration", {
    description: "Duration of attempts to deliver.",
    unit: "s",
    advice: { explicitBucketBoundaries: DURATIONS },
  });
  const causes = new Map<string, SpanContext>();

  /** Runs the work in the span and ends it. */
  async function within<T>(span: Span, context: Context, work: () => Promise<T>): Promise<T> {
    try {
      return await contexts.run(trace.setSpan(context, span), work);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute("error.type", errorType(error));
      throw error;
    } finally {
      span.end();
    }
  }

  function step<T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> {
    const active = contexts.active();
    const span = tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes }, active);
    return within(span, active, () => work(span));
  }

  return {
    caused(requestId) {
      const context = trace.getSpan(contexts.active())?.spanContext();
      if (requestId === null || context === undefined || !api.isSpanContextValid(context)) return;
      // The first decision is the request's own; later ones are made by what it caused.
      if (causes.has(requestId)) return;
      const [oldest] = causes.size < REMEMBERED ? [] : causes.keys();
      if (oldest !== undefined) causes.delete(oldest);
      causes.set(requestId, context);
    },
    deliver({ type, detail, to, attempt, requestId }, work) {
      const cause = causes.get(requestId);
      const attributes: Attributes = {
        "ocm.delivery.type": type,
        "ocm.delivery.detail": detail,
        "ocm.delivery.attempt": attempt,
        "ocm.request.id": requestId,
      };
      if (to !== null) attributes["ocm.peer.host"] = to;
      // Whoever asked may be gone, and an attempt may come days later: a trace of its own.
      const alone = trace.deleteSpan(contexts.active());
      const links = cause === undefined ? [] : [{ context: cause }];
      const span = tracer.startSpan(`ocm.deliver ${type}`, { kind: SpanKind.INTERNAL, attributes, links }, alone);
      return within(span, alone, work);
    },
    delivered({ type, outcome, code, status, duration }) {
      const about = { "ocm.delivery.type": type, "ocm.delivery.outcome": outcome };
      deliveries.add(1, about);
      durations.record(duration / 1000, about);
      const span = trace.getSpan(contexts.active());
      if (span === undefined) return;
      span.setAttributes({ "ocm.delivery.outcome": outcome });
      if (status !== null) span.setAttribute("http.response.status_code", status);
      if (code === null) return;
      span.setAttribute("error.type", code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    verify(host, work) {
      return step("ocm.verify_signature", { "ocm.peer.host": host }, async (span) => {
        let verdict = "valid";
        try {
          return await work();
        } catch (error) {
          const type = errorType(error);
          verdict = type.startsWith("signature-") ? type : "error";
          throw error;
        } finally {
          span.setAttribute("ocm.signature.verdict", verdict);
          signatures.add(1, { "ocm.signature.verdict": verdict });
        }
      });
    },
    exchange: (host, work) => step("ocm.exchange_token", { "ocm.peer.host": host }, work),
  };
}
