import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { INVALID_SPAN_CONTEXT } from "@opentelemetry/api";
import { describe, expect, it, vi } from "vitest";
import type { TelemetryOptions } from "../options.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { openTelemetry } from "./open-telemetry.ts";

const fail = (): never => {
  throw new Error("the SDK is broken");
};

/** Spans that can be started and do nothing else. */
const brokenSpan = new Proxy({}, { get: (_, name) => (name === "spanContext" ? () => INVALID_SPAN_CONTEXT : fail) });

const brokenMeter = {
  createHistogram: () => ({ record: fail }),
  createCounter: () => ({ add: fail }),
  createUpDownCounter: () => ({ add: fail }),
  createObservableGauge: () => ({}),
  addBatchObservableCallback: fail,
  removeBatchObservableCallback: fail,
};

const SDKS: [string, TelemetryOptions][] = [
  ["cannot start a span", { tracerProvider: { getTracer: () => ({ startSpan: fail }) } }],
  ["cannot change or end a span", { tracerProvider: { getTracer: () => ({ startSpan: () => brokenSpan }) } }],
  ["cannot measure", { meterProvider: { getMeter: () => brokenMeter } }],
];

async function opened(telemetry: TelemetryOptions): Promise<{ telemetry: Telemetry; warned: string[] }> {
  const warned: string[] = [];
  const warn = (_: object, message: string) => warned.push(message);
  const log = { debug() {}, info() {}, warn, error: warn, child: () => log };
  return {
    warned,
    telemetry: await openTelemetry({
      telemetry,
      origin: "https://cloud.example.org",
      system: { now: () => 0 },
      log,
      isKnown: () => false,
    }),
  };
}

/** What a response says of itself, and its event. */
function response(state: Partial<ServerResponse> = {}): ServerResponse {
  const emitter = Object.assign(new EventEmitter(), { headersSent: true, statusCode: 200, writableFinished: true });
  return Object.assign(emitter, state) as unknown as ServerResponse;
}

const request = { method: "GET", route: "/ocm/shares", headers: {} };
const answered = { requestId: "request-1", code: "not-found", peer: "peer.example" };
const question = { method: "GET", url: "https://peer.example/", host: "peer.example" };
const delivery = { type: "share", detail: "", to: null, attempt: 1, requestId: "request-1" };

describe.each(SDKS)("An SDK that %s", (_, options) => {
  it("stops no request, and ends no process when the answer is out", async () => {
    const { telemetry, warned } = await opened(options);
    const open = response();
    const work = vi.fn(async (served: Parameters<Parameters<Telemetry["serve"]>[1]>[0]) => {
      served.answered(answered);
      return "answer";
    });
    expect(await telemetry.serve({ ...request, response: open }, work)).toBe("answer");
    expect(() => open.emit("close")).not.toThrow();
    expect(telemetry.serve({ ...request, response: response() }, () => "document")).toBe("document");
    expect(work).toHaveBeenCalledTimes(1);
    expect(warned.length).toBeLessThanOrEqual(1);
  });

  it("stops no work, which is done once, and hides no failure of it", async () => {
    const { telemetry } = await opened(options);
    const fault = new Error("the work's own");
    const outcomes: (() => Promise<unknown>)[] = [async () => "done", () => Promise.reject(fault), () => fail()];
    for (const outcome of outcomes) {
      const [wanted] = await Promise.allSettled([(async () => outcome())()]);
      for (const wrap of [
        (work: () => Promise<unknown>) => telemetry.verify("peer.example", work),
        (work: () => Promise<unknown>) => telemetry.exchange("peer.example", work),
        (work: () => Promise<unknown>) => telemetry.deliver(delivery, work),
      ]) {
        const work = vi.fn(outcome);
        expect(await Promise.allSettled([wrap(work)])).toEqual([wanted]);
        expect(work).toHaveBeenCalledTimes(1);
      }
    }
    const body = Readable.from(["content"]);
    const work = vi.fn(async () => ({ status: 200, body }));
    expect((await telemetry.ask(question, work)).body).toBe(body);
    await expect(telemetry.ask(question, () => Promise.reject(fault))).rejects.toBe(fault);
    expect(work).toHaveBeenCalledTimes(1);
    body.destroy();
    await new Promise((resolve) => body.once("close", resolve));
  });

  it("stops no decision, delivery, lookup or transfer", async () => {
    const { telemetry } = await opened(options);
    await telemetry.deliver(delivery, async () => {
      telemetry.decided({ name: "share-created", requestId: "request-1" });
      telemetry.delivered({ type: "share", outcome: "parked", code: "peer-refused", status: 403, duration: 1 });
    });
    telemetry.looked("keys", true);
    telemetry.transfer("own")();
    telemetry.observe({ backlog: async () => [], peers: () => ({ ok: 0, unreachable: 0 }) })();
  });
});

it("An SDK that fails is told of once as a warning, not at every request", async () => {
  const { telemetry, warned } = await opened({ tracerProvider: { getTracer: () => ({ startSpan: fail }) } });
  for (let times = 0; times < 3; times += 1) await telemetry.verify("peer.example", async () => "done");
  expect(warned).toEqual(["Telemetry fails; what it observes goes on without it."]);
});

describe("The span of a request", () => {
  async function spans() {
    const said: string[] = [];
    const span = {
      spanContext: () => INVALID_SPAN_CONTEXT,
      setAttribute: (name: string) => said.push(name),
      setAttributes: (all: object) => said.push(...Object.keys(all)),
      setStatus() {},
      end: () => said.push("end"),
    };
    const { telemetry } = await opened({ tracerProvider: { getTracer: () => ({ startSpan: () => span }) } });
    return { said, telemetry };
  }

  it("whose sender has gone before it is answered has what came of it too, and ends after that", async () => {
    const { said, telemetry } = await spans();
    const gone = response({ writableFinished: false, headersSent: false });
    const work = Promise.withResolvers<void>();
    const done = telemetry.serve({ ...request, response: gone }, async (served) => {
      await work.promise;
      served.answered(answered);
    });
    gone.emit("close");
    expect(said).toEqual([]);
    work.resolve();
    await done;
    await vi.waitFor(() => expect(said.at(-1)).toBe("end"));
    expect(said).toEqual(["ocm.request.id", "ocm.error.code", "ocm.peer.host", "ocm.response.complete", "end"]);
  });

  it("ends also where the response was closed before it came to the plugin", async () => {
    const { said, telemetry } = await spans();
    telemetry.serve({ ...request, response: response({ closed: true }) }, () => "document");
    expect(said).toEqual(["http.response.status_code", "end"]);
  });

  it("to another server ends also where its body was closed before anybody saw it", async () => {
    const { said, telemetry } = await spans();
    const body = Readable.from([]);
    body.destroy();
    await new Promise((resolve) => body.once("close", resolve));
    await telemetry.ask(question, async () => ({ status: 204, body }));
    expect(said).toEqual(["http.response.status_code", "end"]);
  });
});
