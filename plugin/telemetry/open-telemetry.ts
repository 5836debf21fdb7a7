import type { Meter, Tracer } from "@opentelemetry/api";
import type { TelemetryOptions } from "../options.ts";
import type { Logger } from "../ports/log.ts";
import type { System } from "../ports/system.ts";
import { NO_TELEMETRY, type Telemetry } from "../ports/telemetry.ts";
import type { OpenTelemetryApi, Tools } from "./api.ts";
import { asking } from "./ask.ts";
import { contextsOf, noContexts } from "./contexts.ts";
import { counting, deciding } from "./decisions.ts";
import { observing } from "./gauges.ts";
import { harmless, quietly } from "./harmless.ts";
import { addressOf } from "./http.ts";
import { serving } from "./serve.ts";
import { working } from "./work.ts";

/** The name of the instrumentation scope of all spans and metrics. */
const SCOPE = "koa-ocm";

export interface OpenTelemetryOptions {
  /** The option of `createOcm`. */
  telemetry: false | TelemetryOptions | undefined;
  /** Scheme and host[:port] of this server. */
  origin: string;
  system: Pick<System, "now">;
  log: Logger;
  /** Is this peer named by the operator? */
  isKnown(host: string): boolean;
}

/**
 * Traces and metrics by OpenTelemetry, where the package `@opentelemetry/api` is installed and somebody has registered a provider of either;
 * else nobody looks, and nothing is done for it.
 * @throws TypeError when providers are given as an option and the package is not installed
 */
export async function openTelemetry(options: OpenTelemetryOptions): Promise<Telemetry> {
  const { telemetry, origin, system, log, isKnown } = options;
  if (telemetry === false) return NO_TELEMETRY;
  const api = await installedApi(options);
  if (api === undefined) return NO_TELEMETRY;
  const tracer = tracerOf(api, telemetry);
  const meter = meterOf(api, telemetry);
  if (tracer === undefined && meter === undefined) return NO_TELEMETRY;
  const { protocol, host } = new URL(origin);
  const scheme = protocol.slice(0, -1);
  const tools: Tools = {
    api,
    tracer: tracer ?? api.trace.getTracer(SCOPE),
    meter: meter ?? api.createNoopMeter(),
    contexts: tracer === undefined ? noContexts(api) : contextsOf(api),
    system,
    self: { "url.scheme": scheme, ...addressOf(scheme, host) },
    isKnown,
    quietly: quietly(log),
  };
  const { caused, ...work } = working(tools);
  const count = deciding(tools);
  const all: Telemetry = {
    serve: serving(tools),
    ask: asking(tools),
    ...work,
    ...counting(tools),
    observe: observing(tools),
    decided({ name, requestId }) {
      caused(requestId);
      count(name);
    },
  };
  return harmless(all, tools.quietly);
}

async function installedApi({ telemetry, log }: OpenTelemetryOptions): Promise<OpenTelemetryApi | undefined> {
  try {
    return await import("@opentelemetry/api");
  } catch (error) {
    if (telemetry !== undefined)
      throw new TypeError("The option `telemetry` needs the package @opentelemetry/api, which cannot be loaded.", {
        cause: error,
      });
    log.debug({ err: error }, "@opentelemetry/api is not installed: no traces and no metrics.");
    return undefined;
  }
}

/** Undefined: nobody has registered a provider, so spans would go nowhere. */
function tracerOf(api: OpenTelemetryApi, given: TelemetryOptions | undefined): Tracer | undefined {
  // The option is described by what is used of it, so that nobody needs the package for its types.
  if (given?.tracerProvider !== undefined) return given.tracerProvider.getTracer(SCOPE) as Tracer;
  const provider = api.trace.getTracerProvider();
  const isEmpty = provider instanceof api.ProxyTracerProvider && provider.getDelegateTracer(SCOPE) === undefined;
  return isEmpty ? undefined : provider.getTracer(SCOPE);
}

function meterOf(api: OpenTelemetryApi, given: TelemetryOptions | undefined): Meter | undefined {
  if (given?.meterProvider !== undefined) return given.meterProvider.getMeter(SCOPE) as Meter;
  const meter = api.metrics.getMeterProvider().getMeter(SCOPE);
  return meter === api.createNoopMeter() ? undefined : meter;
}
