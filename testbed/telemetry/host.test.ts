import { AsyncLocalStorage } from "node:async_hooks";
import diagnostics from "node:diagnostics_channel";
import {
  type Context,
  type ContextManager,
  context,
  createContextKey,
  metrics,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  type TextMapPropagator,
  trace,
} from "@opentelemetry/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accepted, befriend, type Federation, federation, flowDatabases } from "../flows/federation.test-helper.ts";
import type { Person } from "../flows/person.test-helper.ts";
import { type Collected, collected } from "./collected.test-helper.ts";

const [database] = flowDatabases().filter(({ name }) => name.includes("SQLite"));
if (database === undefined) throw new Error("There is no SQLite to test on.");

const RPC_METADATA = createContextKey("OpenTelemetry SDK Context Key RPC_METADATA");

/** What the usual SDK registers. */
function asyncContexts(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (inner, work, thisArg, ...args) => storage.run(inner, () => work.call(thisArg, ...args)),
    bind: (_inner, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

/** Sends the span under way in a header field, as the propagator of the usual SDK does. */
const traceparent: TextMapPropagator = {
  fields: () => ["traceparent"],
  extract: (inner) => inner,
  inject(inner, carrier, setter) {
    const suppressed = inner.getValue(createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING")) === true;
    const span = trace.getSpanContext(inner);
    if (span !== undefined && !suppressed) setter.set(carrier, "traceparent", `00-${span.traceId}-${span.spanId}-01`);
  },
};

let world: Federation<"alpha" | "beta" | "silent">;
let host: Collected;
let alice: Person;
let bob: Person;
const told: { route?: string }[] = [];
const unsubscribe: (() => void)[] = [];

beforeAll(async () => {
  host = collected();
  context.setGlobalContextManager(asyncContexts());
  trace.setGlobalTracerProvider(host.tracerProvider);
  metrics.setGlobalMeterProvider(host.meterProvider);
  propagation.setGlobalPropagator(traceparent);
  // As the instrumentation of undici does.
  const injected = (message: unknown) => {
    const { request } = message as { request: { addHeader(name: string, value: string): void } };
    propagation.inject(context.active(), request, { set: (to, name, value) => to.addHeader(name, value) });
  };
  diagnostics.subscribe("undici:request:create", injected);
  unsubscribe.push(() => diagnostics.unsubscribe("undici:request:create", injected));

  const tracer = trace.getTracer("the host");
  world = await federation(database, {
    alpha: {
      // As the instrumentation of node:http does.
      before: (_context, next) => {
        const span = tracer.startSpan("the host's", { kind: SpanKind.SERVER });
        const metadata: { route?: string } = {};
        told.push(metadata);
        const inner = trace.setSpan(context.active(), span).setValue(RPC_METADATA, metadata);
        return context.with(inner, next).finally(() => span.end());
      },
    },
    beta: {},
    silent: { ocm: { telemetry: false } },
  });
  [alice, bob] = [await world.servers.alpha.person(), await world.servers.beta.person()];
  await befriend(alice, bob);
  await accepted(alice, bob, {});
});
afterAll(async () => {
  for (const each of unsubscribe) each();
  await world.close();
});

describe("In a host that has set up OpenTelemetry", () => {
  it("what is registered is used, without an option", async () => {
    expect(host.named("POST {endPoint}/shares").length).toBe(1);
    expect((await host.points("http.server.request.duration")).length).toBeGreaterThan(3);
  });

  it("a request that the host traces itself is a step within the host's span, which gets its route", () => {
    const [inner] = host.named("POST /ocm/api/v1/shares/sent");
    const outer = host
      .named("the host's")
      .find((span) => span.spanContext().spanId === inner?.parentSpanContext?.spanId);
    expect(inner?.kind).toBe(SpanKind.INTERNAL);
    expect(outer?.spanContext().traceId).toBe(inner?.spanContext().traceId);
    expect(told.map(({ route }) => route)).toContain("/ocm/api/v1/shares/sent");
  });

  it("elsewhere it is a span of the server", () => {
    const [span] = host.named("POST /ocm/shares");
    expect(span?.kind).toBe(SpanKind.SERVER);
    expect(span?.parentSpanContext).toBeUndefined();
  });

  it("no instrumentation of its HTTP client sends identifiers of traces to peers", async () => {
    const toPeers = world.traffic.filter(({ requestHeaders }) => requestHeaders["user-agent"] === "koa-ocm");
    expect(toPeers.length).toBeGreaterThan(3);
    expect(toPeers.filter(({ requestHeaders }) => requestHeaders.traceparent !== undefined)).toEqual([]);
  });

  it("nothing is told of a server whose option is false", async () => {
    const { origin } = world.servers.silent;
    const { port } = new URL(origin);
    expect((await fetch(`${origin}/.well-known/ocm`)).status).toBe(200);
    const ofIt = host.spans().filter(({ attributes }) => attributes["server.port"] === Number(port));
    expect(ofIt.filter(({ kind }) => kind === SpanKind.SERVER)).toEqual([]);
    const points = await host.points();
    expect(points.filter(({ attributes }) => attributes["server.port"] === Number(port))).toEqual([]);
  });
});
