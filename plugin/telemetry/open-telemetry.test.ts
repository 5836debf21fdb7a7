import { type MeterProvider, type TracerProvider, trace } from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { NO_TELEMETRY } from "../ports/telemetry.ts";
import { openTelemetry } from "./open-telemetry.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const open = (telemetry: Parameters<typeof openTelemetry>[0]["telemetry"]) =>
  openTelemetry({
    telemetry,
    origin: "https://cloud.example.org",
    system: { now: () => 0 },
    log: quiet,
    isKnown: () => false,
  });

/** Provides what the API itself does where nobody has set anything up, and tells who asked for it. */
function provider(): { asked: string[]; tracerProvider: TracerProvider } {
  const asked: string[] = [];
  const tracer = trace.getTracer("nobody's");
  return {
    asked,
    tracerProvider: {
      getTracer(name) {
        asked.push(name);
        return tracer;
      },
    },
  };
}

afterEach(() => trace.disable());

describe("Telemetry", () => {
  it("is nothing at all where nobody has registered a provider, or the option is false", async () => {
    expect(await open(undefined)).toBe(NO_TELEMETRY);
    const { asked, tracerProvider } = provider();
    trace.setGlobalTracerProvider(tracerProvider);
    expect(await open(false)).toBe(NO_TELEMETRY);
    expect(asked).toEqual([]);
  });

  it("takes the provider that is registered, or the one of the option", async () => {
    const registered = provider();
    trace.setGlobalTracerProvider(registered.tracerProvider);
    expect(await open(undefined)).not.toBe(NO_TELEMETRY);
    expect(new Set(registered.asked)).toEqual(new Set(["koa-ocm"]));
    const given = provider();
    const before = registered.asked.length;
    await open({ tracerProvider: given.tracerProvider });
    expect(given.asked).toEqual(["koa-ocm"]);
    expect(registered.asked.length).toBe(before);
  });

  it("takes a meter provider alone", async () => {
    const { createNoopMeter } = await import("@opentelemetry/api");
    const meterProvider: MeterProvider = { getMeter: () => createNoopMeter() };
    const telemetry = await open({ meterProvider });
    expect(telemetry).not.toBe(NO_TELEMETRY);
    expect(await telemetry.verify("peer.example", async () => "done")).toBe("done");
  });

  it("gives back what work gives, and throws what it throws", async () => {
    const telemetry = await open({ tracerProvider: provider().tracerProvider });
    const fault = new Error("no");
    await expect(telemetry.exchange("peer.example", () => Promise.reject(fault))).rejects.toBe(fault);
    await expect(
      telemetry.ask({ method: "GET", url: "no url", host: "no host either" }, () => Promise.reject(fault)),
    ).rejects.toBe(fault);
  });
});
