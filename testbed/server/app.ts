import type { RequestListener } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Router from "@koa/router";
import Koa from "koa";
import pino from "pino";
import { createOcm, type Ocm } from "../../plugin/index.ts";
import type { CompleteServerConfig } from "./config.ts";
import { eventFeed } from "./event-feed.ts";
import { fileRoutes } from "./file-routes.ts";
import { openHost } from "./host.ts";
import { explainRefusals } from "./refusal.ts";
import { siteRoutes } from "./site-routes.ts";

/** Milliseconds within which the store has to answer a server that calls itself ready. */
const LONGEST_STORE_ANSWER_MS = 2000;

/** A demo server without its socket. */
export interface TestbedApp {
  listener: RequestListener;
  /** From now on `/readyz` says that no more requests should come; those that come are answered all the same. */
  drain(): void;
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
  let isDraining = false;
  router.get("/healthz", (ctx) => {
    ctx.body = "ok\n";
  });
  router.get("/readyz", async (ctx) => {
    const hindrance = isDraining ? "It is about to end." : await storeSilence(ocm);
    ctx.status = hindrance === null ? 200 : 503;
    ctx.body = `${hindrance ?? "ok"}\n`;
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
    drain() {
      isDraining = true;
    },
    async close() {
      await ocm.close();
      destination.flushSync();
    },
  };
}

/** Why nothing that needs the store can be answered now; null: it answers. The reason itself may hold a password. */
async function storeSilence(ocm: Ocm): Promise<string | null> {
  const late = new AbortController();
  const answer = ocm.ready().then(
    () => null,
    () => "The store does not answer.",
  );
  try {
    return await Promise.race([
      answer,
      delay(LONGEST_STORE_ANSWER_MS, "The store does not answer in time.", { signal: late.signal }),
    ]);
  } finally {
    late.abort();
  }
}
