import type { RequestListener } from "node:http";
import { join } from "node:path";
import Router from "@koa/router";
import Koa from "koa";
import pino from "pino";
import { createOcm } from "../../plugin/index.ts";
import type { CompleteServerConfig } from "./config.ts";
import { eventFeed } from "./event-feed.ts";
import { fileRoutes } from "./file-routes.ts";
import { openHost } from "./host.ts";
import { explainRefusals } from "./refusal.ts";
import { siteRoutes } from "./site-routes.ts";

/** A demo server without its socket. */
export interface TestbedApp {
  listener: RequestListener;
  close(): Promise<void>;
}

/** Builds a demo server: the reference host with the plugin mounted at the root. */
export async function createTestbedApp(config: CompleteServerConfig, origin: string): Promise<TestbedApp> {
  const host = await openHost(config, origin);
  const destination = pino.destination({
    dest: config.log === "file" ? join(config.dataDir, "server.log") : 1,
    sync: config.log === "file",
  });
  const logger = pino({ level: "info", base: { server: config.name } }, destination);
  const ocm = await createOcm({
    origin,
    name: config.name,
    database: config.database ?? `file:${join(config.dataDir, "ocm.sqlite")}`,
    host,
    ...(config.prefix === undefined ? {} : { prefix: config.prefix }),
    peers: config.peers,
    logger,
  });
  await ocm.ready();

  const router = new Router();
  router.get("/healthz", (ctx) => {
    ctx.body = "ok\n";
  });
  siteRoutes(router, config.name, origin, host, ocm);
  fileRoutes(router, host, ocm);
  eventFeed(router, host, ocm);

  const app = new Koa();
  app.on("error", (error, ctx) => {
    if (!error.expose) {
      logger.error({ err: error, method: ctx?.method, path: ctx?.path }, "request failed");
    }
  });
  app.use(ocm.middleware());
  app.use(explainRefusals);
  app.use(router.routes());

  return {
    listener: app.callback(),
    async close() {
      await ocm.close();
      destination.flushSync();
    },
  };
}
