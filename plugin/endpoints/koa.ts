import type { IncomingMessage, ServerResponse } from "node:http";
import type { HostContext } from "../ports/host.ts";

/** What is used of Koa's context: structural, so that Koa 2.13 and Koa 3 both fit and neither is imported. */
export interface KoaContext extends HostContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly originalUrl: string;
  readonly querystring: string;
  readonly request: object;
  status: number;
  body: unknown;
  /** False: the response is written without Koa. */
  respond?: boolean;
  set(name: string, value: string): void;
  remove(name: string): void;
}

/** A Koa middleware. */
export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<unknown>;
