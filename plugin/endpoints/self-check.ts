import type { Logger } from "../ports/log.ts";
import type { ConnectPolicy, System } from "../ports/system.ts";
import { isObject } from "../protocol/json.ts";
import type { KoaContext } from "./koa.ts";

export interface SelfCheckOptions {
  system: System;
  log: Logger;
  /** Scheme and host[:port]. */
  origin: string;
  /** Absolute URL of our OCM API. */
  endPoint: string;
  /** Authorities that are trusted for our own host, in PEM. */
  ca: string | undefined;
  /** The plugin has been closed: what is found then says nothing. */
  isOver(): boolean;
}

const DEADLINE = 10_000;
const LONGEST = 256 * 1024;

/** Our own origin may be a private address. */
const CONNECT: ConnectPolicy = { refuse: () => null, timeout: DEADLINE };

/**
 * Looks at this server from outside, once, after its first request, and says in one sentence what a proxy breaks. It changes nothing.
 * Never throws.
 */
export async function selfCheck(options: SelfCheckOptions, first: Pick<KoaContext, "headers">): Promise<void> {
  const problem = (await problemOutside(options)) ?? forwardedElsewhere(options.origin, first.headers);
  if (options.isOver()) return;
  if (problem === null) options.log.debug({ origin: options.origin }, "The self-check found nothing wrong.");
  else options.log.warn({ origin: options.origin }, problem);
}

async function problemOutside(options: SelfCheckOptions): Promise<string | null> {
  const { origin, endPoint } = options;
  const address = `${origin}/.well-known/ocm`;
  const document = await fetched(options, address);
  if (typeof document === "string") return `Other servers may not find this one: ${address} ${document}.`;
  if (document.endPoint !== endPoint) {
    return `Another server, or one with another configuration, answers at ${address}: it names the endPoint ${String(document.endPoint)} where this one has ${endPoint}.`;
  }
  const keys = await fetched(options, `${endPoint}/jwks.json`);
  if (typeof keys === "string") {
    return `The routes cannot be reached where discovery says: ${endPoint}/jwks.json ${keys}. If a proxy strips a path, name it in the option publicPath.`;
  }
  return null;
}

/** The JSON object at an address of ours, or what is wrong with it. */
async function fetched({ system, ca }: SelfCheckOptions, url: string): Promise<Record<string, unknown> | string> {
  try {
    const headers = { accept: "application/json" };
    const answer = await system.fetch({
      method: "GET",
      url,
      headers,
      connect: ca === undefined ? CONNECT : { ...CONNECT, ca },
      headersTimeout: DEADLINE,
      idleTimeout: DEADLINE,
      signal: system.timeout(DEADLINE),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > LONGEST) return "answers with something too long";
    }
    if (answer.status !== 200) return `answers ${answer.status}`;
    const content: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    return isObject(content) ? content : "does not answer with a JSON object";
  } catch (error) {
    return error instanceof SyntaxError ? "does not answer with JSON" : `cannot be reached (${String(error)})`;
  }
}

/** A proxy says that people came to another address than the configured one. */
function forwardedElsewhere(origin: string, headers: KoaContext["headers"]): string | null {
  const host = headers["x-forwarded-host"] ?? headers.host;
  const scheme = headers["x-forwarded-proto"] ?? new URL(origin).protocol.slice(0, -1);
  if (typeof host !== "string" || typeof scheme !== "string" || /^(?:localhost|127\.|\[::1\])/.test(host)) return null;
  const seen = URL.parse(`${scheme.split(",")[0]}://${host.split(",")[0]?.trim()}`)?.origin;
  if (seen === undefined || seen === origin) return null;
  return `The first request came to ${seen}, but the option origin is ${origin}: signatures are checked against origin only.`;
}
