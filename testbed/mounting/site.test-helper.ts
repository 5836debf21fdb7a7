import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Koa, { type Middleware } from "koa";
import { createOcm, folderFiles, type Logger, type Ocm, type OcmOptions } from "../../plugin/index.ts";
import { closeServers, listen } from "../server/listen.ts";

/** The person on a site, and the folder that they have. */
export const PERSON = "alice";
export const FOLDER = "/shared földer";
export const FILE = "héllo #1?.txt";
export const CONTENT = "Hello from the other side.";

/** A Koa app with the plugin in it, and with whatever stands before it. */
export interface Site {
  /** Where the world sees it. */
  origin: string;
  /** OCM Address of its person. */
  address: string;
  ocm: Ocm;
  /** What the plugin has warned of. */
  warnings: string[];
  /** What it has said beside. */
  remarks: string[];
  close(): Promise<void>;
}

export interface SiteOptions {
  /** Puts the plugin into the app, as a host would. @default at the root */
  build?(app: Koa, ocm: Ocm): void;
  ocm?: Partial<OcmOptions>;
  /** Stands between the world and the app. */
  proxy?: Proxy;
}

/** A reverse proxy: the path that it asks the app for, or undefined where it answers 404 itself. */
export interface Proxy {
  pathFor(path: string): string | undefined;
  /** Does it tell the app where the request came to? */
  forwardedHost?: boolean;
}

/** Opens a site with a folder of its own. */
export async function openSite({ build, ocm: options, proxy }: SiteOptions = {}): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "koa-ocm-site-"));
  await mkdir(join(folder, FOLDER));
  await writeFile(join(folder, FOLDER, FILE), CONTENT);
  const { promise: listener, resolve: open } = Promise.withResolvers<RequestListener>();
  const app = await listen(0, async (...exchange) => (await listener)(...exchange));
  const outside = proxy === undefined ? app : await listen(0, forward(app.servers, proxy));
  const host = `localhost:${outside.port}`;
  const warnings: string[] = [];
  const remarks: string[] = [];
  const ocm = await createOcm({
    origin: `http://${host}`,
    database: "file::memory:",
    host: {
      users: { find: async (id) => (id === PERSON ? { id, displayName: "Alice" } : undefined) },
      files: folderFiles(() => folder),
      session: { authenticate: async () => ({ id: PERSON }), forgery: () => null },
    },
    peers: { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } },
    logger: recordingLogger(warnings, remarks),
    ...options,
  });
  // What is relaxed for loopback is said at the start, and is not what these tests are about.
  warnings.length = 0;
  const koa = new Koa({ proxy: false });
  koa.silent = true;
  if (build === undefined) koa.use(ocm.middleware());
  else build(koa, ocm);
  open(koa.callback());
  return {
    origin: `http://${host}`,
    address: `${PERSON}@${host}`,
    ocm,
    warnings,
    remarks,
    async close() {
      if (outside !== app) await closeServers(outside.servers, 0);
      await closeServers(app.servers, 0);
      await ocm.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** What koa-mount does: the path is seen without the prefix further on, and with it again behind. */
export function stripping(prefix: string, inner: Middleware): Middleware {
  return async (ctx, next) => {
    const { path } = ctx;
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return await next();
    ctx.path = path.slice(prefix.length) || "/";
    await inner(ctx, async () => {
      const below = ctx.path;
      ctx.path = path;
      await next();
      ctx.path = below;
    });
    ctx.path = path;
  };
}

/** What body parsers for Koa do with JSON and forms; the common ones keep the text that they read. */
export function bodyParser(keeps: boolean): Middleware {
  return async (ctx, next) => {
    if (/json|urlencoded/.test(ctx.get("content-type"))) {
      const parts: Buffer[] = [];
      for await (const part of ctx.req as AsyncIterable<Buffer>) parts.push(part);
      const text = Buffer.concat(parts).toString("utf8");
      Object.assign(ctx.request, { body: text }, keeps ? { rawBody: text } : {});
    }
    await next();
  };
}

function recordingLogger(warnings: string[], remarks: string[]): Logger {
  const into =
    (messages: string[]) =>
    (_details: object, message = ""): void => {
      messages.push(message);
    };
  const [warn, remark] = [into(warnings), into(remarks)];
  const logger: Logger = { debug: remark, info: remark, warn, error: warn, child: () => logger };
  return logger;
}

function forward([target]: Server[], { pathFor, forwardedHost = true }: Proxy): RequestListener {
  if (target === undefined) throw new Error("The app does not listen.");
  const { port } = target.address() as AddressInfo;
  return (incoming, answer) => {
    const path = pathFor(incoming.url ?? "/");
    if (path === undefined) {
      answer.writeHead(404).end("The proxy knows nothing here.");
      return;
    }
    const headers = {
      ...incoming.headers,
      host: `127.0.0.1:${port}`,
      ...(forwardedHost ? { "x-forwarded-host": incoming.headers.host, "x-forwarded-proto": "http" } : {}),
    };
    const inner = request(
      { host: "127.0.0.1", port, path, method: incoming.method ?? "GET", headers },
      (found: IncomingMessage) => {
        answer.writeHead(found.statusCode ?? 502, found.headers);
        found.pipe(answer);
      },
    );
    inner.on("error", () => answer.destroy());
    incoming.pipe(inner);
  };
}

/** A server without the plugin. */
export async function plainServer(answer: RequestListener): Promise<{ origin: string; close(): Promise<void> }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://localhost:${port}`, close: () => closeServers([server], 0) };
}
