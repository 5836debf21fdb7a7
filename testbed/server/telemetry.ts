import type { RequestListener } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { closeServers, listen, PortTaken } from "./listen.ts";

/** A collector that is gone must not hold the server's end up for longer, in milliseconds. */
const LONGEST_FLUSH_MS = 2000;
/** How long spans wait for others before they are sent together, in milliseconds. */
const SPANS_WAIT_MS = 1000;

/** What the environment asks for cannot be had. The sentence says why. */
export class TelemetryRefused extends Error {}

/** What a server process tells a collector of traces, and shows to Prometheus. */
export interface ServerTelemetry {
  /** Sends what has not been sent, and ends. */
  stop(): Promise<void>;
}

/**
 * Sets up OpenTelemetry as the environment asks for it: traces go to `OTEL_EXPORTER_OTLP_ENDPOINT` (a base URL) or
 * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` (the whole one), metrics are shown at `/metrics` of `OTEL_EXPORTER_PROMETHEUS_PORT`, on the loopback
 * addresses or on `OTEL_EXPORTER_PROMETHEUS_HOST`. Without these nothing is loaded. It has to be called before the plugin is made.
 *
 * @param name of the server, unless `OTEL_SERVICE_NAME` gives one
 * @throws TelemetryRefused
 */
export async function startTelemetry(name: string, environment: NodeJS.ProcessEnv): Promise<ServerTelemetry> {
  const collector = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || environment.OTEL_EXPORTER_OTLP_ENDPOINT;
  const port = environment.OTEL_EXPORTER_PROMETHEUS_PORT;
  const stops: (() => Promise<void>)[] = [];
  if (collector) stops.push(await sendTraces(name));
  if (port) stops.push(await showMetrics(name, portIn(port), environment.OTEL_EXPORTER_PROMETHEUS_HOST));
  return {
    async stop() {
      const late = new AbortController();
      const stopped = Promise.allSettled(stops.map((stop) => stop())).finally(() => late.abort());
      await Promise.race([stopped, delay(LONGEST_FLUSH_MS, undefined, { signal: late.signal }).catch(() => undefined)]);
    },
  };
}

async function sendTraces(name: string): Promise<() => Promise<void>> {
  const { trace } = await import("@opentelemetry/api");
  const { BatchSpanProcessor, TracerProvider } = await import("@opentelemetry/sdk-trace");
  // It reads the variables of the environment that it knows: endpoint, headers, timeout, compression.
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-proto");
  const exporter = new OTLPTraceExporter();
  const provider = new TracerProvider({
    resource: await resourceOf(name),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: SPANS_WAIT_MS })],
  });
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}

async function showMetrics(name: string, port: number, host: string | undefined): Promise<() => Promise<void>> {
  const { metrics } = await import("@opentelemetry/api");
  const { MeterProvider } = await import("@opentelemetry/sdk-metrics");
  const { PrometheusExporter } = await import("@opentelemetry/exporter-prometheus");
  // Its own server would only log that the port is taken.
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ resource: await resourceOf(name), readers: [exporter] });
  const answer: RequestListener = (request, response) => {
    if (request.url === "/metrics") exporter.getMetricsRequestHandler(request, response);
    else response.writeHead(404).end();
  };
  const { servers } = await listen(port, answer, { host }).catch((error) => {
    if (!(error instanceof PortTaken)) throw error;
    // A launcher would look for another port for the server itself.
    throw new TelemetryRefused(`${error.message} Each server needs an OTEL_EXPORTER_PROMETHEUS_PORT of its own.`);
  });
  metrics.setGlobalMeterProvider(provider);
  return async () => {
    await closeServers(servers, 0);
    await provider.shutdown();
  };
}

async function resourceOf(name: string) {
  const { detectResources, resourceAttributesEnvDetector, resourceFromAttributes, serviceNameEnvDetector } =
    await import("@opentelemetry/resources");
  const detectors = [resourceAttributesEnvDetector, serviceNameEnvDetector];
  return resourceFromAttributes({ "service.name": name }).merge(detectResources({ detectors }));
}

function portIn(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new TelemetryRefused(`OTEL_EXPORTER_PROMETHEUS_PORT is ${JSON.stringify(text)}, which is no port.`);
}
