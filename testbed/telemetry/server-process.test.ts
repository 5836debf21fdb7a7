import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../scenarios/steps.ts";
import { closeServers, listen } from "../server/listen.ts";
import { startCollector } from "./otlp.test-helper.ts";
import { type DemoServer, demoServer, freePort } from "./process.test-helper.ts";

/** The whole of Node has to start, on a machine that may be busy. */
const PATIENCE = 180_000;

let folder: string;
const running: DemoServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-telemetry-"));
});
afterAll(async () => {
  await Promise.all(running.map((server) => server.stop()));
  await rm(folder, { recursive: true });
});

async function start(environment: Record<string, string>, preload?: string): Promise<DemoServer> {
  const server = await demoServer(folder, `server-${running.length + 1}`, environment, preload);
  running.push(server);
  return server;
}

describe("A demo server", () => {
  it(
    "shows its metrics to Prometheus where it is told a port",
    async () => {
      const metrics = await freePort();
      const server = await start({ OTEL_EXPORTER_PROMETHEUS_PORT: String(metrics) });
      await server.ready();
      expect((await fetch(`${server.origin}/.well-known/ocm`)).status).toBe(200);
      expect((await fetch(`${server.origin}/ocm/shares`, { method: "POST", body: "x" })).status).toBe(415);
      const text = await eventually("the metrics", async () => {
        const shown = await (await fetch(`http://localhost:${metrics}/metrics`)).text();
        return shown.includes('http_route="/ocm/shares"') ? shown : undefined;
      });
      expect(text).toContain(`service_name="${server.name}"`);
      expect(text).toMatch(/^http_server_request_duration_count\{[^}]*http_route="\/\.well-known\/ocm"[^}]*\} [1-9]$/m);
      expect(text).toMatch(/^http_server_request_duration_bucket\{[^}]*le="0\.005"/m);
      expect(text).toMatch(/^ocm_delivery_backlog\{[^}]*ocm_delivery_type="share"[^}]*\} 0$/m);
      expect(text).toMatch(/^ocm_peers\{[^}]*ocm_peer_state="unreachable"[^}]*\} 0$/m);
      expect((await fetch(`http://localhost:${metrics}/`)).status).toBe(404);
      await server.stop();
    },
    PATIENCE,
  );

  it(
    "sends its traces to a collector, the last ones at its end",
    async () => {
      const collector = await startCollector();
      const server = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
      await server.ready();
      expect((await fetch(`${server.origin}/.well-known/ocm`)).status).toBe(200);
      const first = await eventually("a span", async () =>
        collector.spans.find((span) => span.service === server.name),
      );
      expect(first.traceId).toMatch(/^[0-9a-f]{32}$/);
      expect((await fetch(`${server.origin}/ocm/dav/no-such-share`)).status).toBe(401);
      await server.stop();
      expect(collector.asked[0]).toBe("POST /v1/traces application/x-protobuf");
      const last = collector.spans.filter((span) => span.name === "GET /ocm/dav/*path");
      expect(last).toEqual([
        expect.objectContaining({
          service: server.name,
          attributes: expect.objectContaining({ "url.path": "/ocm/dav/REDACTED", "ocm.error.code": "unauthenticated" }),
        }),
      ]);
      await collector.close();
    },
    PATIENCE,
  );

  it(
    "has another name where OTEL_SERVICE_NAME gives one, and ends although its collector is silent",
    async () => {
      const silent = createServer(() => {});
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      const address = silent.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      const metrics = await freePort();
      const server = await start({
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_PROMETHEUS_PORT: String(metrics),
        OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
        OTEL_SERVICE_NAME: "another name",
      });
      await server.ready();
      expect((await fetch(`${server.origin}/.well-known/ocm`)).status).toBe(200);
      expect(await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()).toContain(
        'service_name="another name"',
      );
      const begun = performance.now();
      // Otherwise it would be cut short with another code after five seconds.
      expect((await server.stop()).code).toBe(0);
      expect(performance.now() - begun).toBeLessThan(7000);
      silent.close();
    },
    PATIENCE,
  );

  it(
    "says in one sentence that the port for Prometheus is taken, or none",
    async () => {
      const { servers, port } = await listen(0, () => {});
      for (const [given, sentence] of [
        [String(port), `Port ${port} is taken. Each server needs an OTEL_EXPORTER_PROMETHEUS_PORT of its own.`],
        ["many", 'OTEL_EXPORTER_PROMETHEUS_PORT is "many", which is no port.'],
      ] as const) {
        const server = await start({ OTEL_EXPORTER_PROMETHEUS_PORT: given });
        expect(await server.ended).toEqual({ code: 1, said: sentence });
      }
      await closeServers(servers);
    },
    PATIENCE,
  );

  it(
    "works where the packages of OpenTelemetry are not installed, and loads none of them unasked",
    async () => {
      const hook = join(folder, "without.mjs");
      await writeFile(
        hook,
        `import { registerHooks } from "node:module";
         registerHooks({
           resolve(specifier, context, next) {
             if (!specifier.startsWith("@opentelemetry/")) return next(specifier, context);
             if (specifier !== "@opentelemetry/api") process.stderr.write("asked for " + specifier + "\\n");
             throw Object.assign(new Error("Cannot find package " + specifier), { code: "ERR_MODULE_NOT_FOUND" });
           },
         });`,
      );
      const server = await start({}, pathToFileURL(hook).href);
      await server.ready();
      expect((await fetch(`${server.origin}/.well-known/ocm`)).status).toBe(200);
      expect((await fetch(`${server.origin}/ocm/shares`, { method: "POST", body: "x" })).status).toBe(415);
      // The hook is really there: a server that is asked for metrics misses the packages.
      const asking = await start({ OTEL_EXPORTER_PROMETHEUS_PORT: "1" }, pathToFileURL(hook).href);
      expect((await asking.ended).said).toContain("Cannot find package @opentelemetry/");
      expect((await server.stop()).said).toBe("");
    },
    PATIENCE,
  );
});
