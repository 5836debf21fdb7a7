import type { RequestListener } from "node:http";
import Koa from "koa";

/** The listener as the one middleware of a Koa app, past which it writes: Koa's own way of answering is not in it. */
export function onKoa(listener: RequestListener): RequestListener {
  const app = new Koa();
  app.use(async (context) => {
    context.respond = false;
    listener(context.req, context.res);
  });
  return app.callback();
}
