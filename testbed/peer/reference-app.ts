import type { RequestListener } from "node:http";
import { join } from "node:path";
import Router from "@koa/router";
import Koa from "koa";
import pino from "pino";
import { createOcm, type Finding, type PeerOptions, type TrustOptions } from "../../plugin/index.ts";
import { type CompleteServerConfig, originOf } from "../server/config.ts";
import { eventFeed } from "../server/event-feed.ts";
import { fileRoutes } from "../server/file-routes.ts";
import { openHost } from "../server/host.ts";
import { explainRefusals } from "../server/refusal.ts";
import { siteRoutes } from "../server/site-routes.ts";

/** How the reference server treats the one peer that it federates with. */
export interface Federating {
  trust: TrustOptions;
  peers: Record<string, PeerOptions>;
}

/** The reference server without its sockets. */
export interface ReferenceApp {
  listener: RequestListener;
  diagnose(peer: string): AsyncIterable<Finding>;
  close(): Promise<void>;
}

/** A demo server with a trust policy of its own: it speaks to the named peer and to nobody else. */
export async function createReferenceApp(config: CompleteServerConfig, federating: Federating): Promise<ReferenceApp> {
  const origin = originOf(config);
  const host = await openHost(config, origin);
  const destination = pino.destination({ dest: join(config.dataDir, "server.log"), sync: true });
  const logger = pino({ level: "info" }, destination);
  const ocm = await createOcm({
    origin,
    name: config.name,
    database: `file:${join(config.dataDir, "ocm.sqlite")}`,
    host,
    logger,
    ...federating,
  });
  await ocm.ready();
  const router = new Router();
  siteRoutes(router, config.name, origin, host, ocm);
  fileRoutes(router, host, ocm);
  eventFeed(router, host, ocm);
  const app = new Koa();
  app.on("error", (error, ctx) => {
    if (!error.expose) logger.error({ err: error, method: ctx?.method, path: ctx?.path }, "request failed");
  });
  app.use(ocm.middleware());
  app.use(explainRefusals);
  app.use(router.routes());
  return {
    listener: app.callback(),
    diagnose: (peer) => ocm.diagnose(peer),
    async close() {
      await ocm.close();
      destination.flushSync();
    },
  };
}
