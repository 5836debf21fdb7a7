import { Agent, type IncomingMessage, type RequestListener, request, type ServerResponse } from "node:http";
import { Server as TlsServer } from "node:https";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { closeServers, listen } from "../server/listen.ts";
import type { Credentials } from "../tls/authority.ts";
import { sendCut, sendEndless, sendSlowly } from "./bad-answers.ts";
import { KEPT_BYTES, kindOf, type Message, pairs } from "./message.ts";
import type { FaultPlan, Harm } from "./network.ts";

/** Longest body that is kept whole before it is passed on, so that it can be repeated. */
const BUFFERED_BYTES = 1024 * 1024;
/** Milliseconds between a message and its second copy. */
const COPY_AFTER = 150;

/** Where a proxy stands, and for whom. */
export interface ProxyOptions {
  /** Name of the server behind it. */
  name: string;
  /** @default 0: any that is free */
  port?: number;
  /** Address to listen on. @default every loopback address */
  host?: string;
  /** What peers see of it over TLS; absent: it speaks plain HTTP. */
  tls?: Credentials;
  /** Scheme and host[:port] by which peers know the server. @default localhost and the port */
  origin?: string;
  watch: Watch;
}

/** Where a server listens, in plain HTTP. */
export interface Target {
  host: string;
  port: number;
}

/** Stands in front of one server at the address by which its peers know it, and passes on what they say. */
export interface PeerProxy {
  port: number;
  origin: string;
  /** Where the server listens now; null: nobody is there, and connections are cut. */
  passTo(target: Target | null): void;
  /** Shows another certificate to connections from now on, and ends those that are open. Only with TLS. */
  show(tls: Credentials): void;
  /** What is done to requests from now on; null: nothing. */
  suffer(plan: FaultPlan | null): void;
  close(): Promise<void>;
}

/** Whoever wants to know of each message; called at its begin. The same object changes until its `ms` is set. */
export type Watch = (message: Omit<Message, "number" | "from">) => void;

/** @throws PortTaken */
export async function startProxy(options: ProxyOptions): Promise<PeerProxy> {
  const { name, watch, tls } = options;
  const agent = new Agent({ keepAlive: true });
  let target: Target | null = null;
  let plan: FaultPlan | null = null;
  let passed = 0;
  const waiting = new Set<() => void>();
  let origin = "";

  const listener: RequestListener = (req, res) => {
    const message = begun(name, origin, req);
    watch(message);
    const from = performance.now();
    res.once("close", () => {
      message.ms = Math.round(performance.now() - from);
    });
    pass(req, res, message).catch(() => res.destroy());
  };

  async function pass(req: IncomingMessage, res: ServerResponse, message: Omit<Message, "number" | "from">) {
    const { method, path } = message;
    const body = await bufferedBody(req);
    if (body !== null) message.requestBody = body;
    const harm = plan?.(name, kindOf(method, path));
    message.harm = harm?.name ?? null;
    if (harm?.delayMs !== undefined) await delay(harm.delayMs);
    if (harm?.letPassMs !== undefined) await another(harm.letPassMs);
    passed += 1;
    for (const go of waiting) go();
    if (target === null || harm?.lost === "cut") {
      res.destroy();
      return;
    }
    if (harm?.lost !== undefined) {
      message.status = harm.lost;
      res.writeHead(harm.lost, { "content-type": "text/plain" }).end("The gateway has no answer.\n");
      return;
    }
    if (harm?.twice === "at-once" && body !== null) copy(target, req, body);
    const answer = await forward(target, req, body ?? req, res);
    await give(answer, res, message, harm);
    if (harm?.twice === "later" && body !== null) {
      await delay(COPY_AFTER);
      if (target !== null) copy(target, req, body);
    }
  }

  function forward({ host, port }: Target, req: IncomingMessage, body: Buffer | Readable, res: ServerResponse | null) {
    return new Promise<IncomingMessage>((resolve, reject) => {
      const onward = request(
        { host, port, agent, method: req.method, path: req.url, headers: req.rawHeaders, setHost: false },
        resolve,
      );
      onward.once("error", reject);
      // Whoever asked may have gone away.
      res?.once("close", () => {
        if (!res.writableFinished) onward.destroy();
      });
      if (Buffer.isBuffer(body)) onward.end(body);
      else pipeline(body, onward).catch(reject);
    });
  }

  function copy(to: Target, req: IncomingMessage, body: Buffer): void {
    forward(to, req, body, null).then(
      (answer) => answer.resume().once("error", () => undefined),
      () => undefined,
    );
  }

  /** Resolves when another request has gone by, or after this time. */
  async function another(longestMs: number): Promise<void> {
    const before = passed;
    const over = new AbortController();
    const go = () => passed > before && over.abort();
    waiting.add(go);
    await delay(longestMs, undefined, { signal: over.signal }).catch(() => undefined);
    waiting.delete(go);
  }

  const { servers, port } = await listen(options.port ?? 0, listener, { host: options.host, tls });
  origin = options.origin ?? `${tls === undefined ? "http" : "https"}://localhost:${port}`;
  return {
    port,
    origin,
    passTo(next) {
      target = next;
    },
    show(credentials) {
      for (const server of servers) {
        if (!(server instanceof TlsServer)) throw new Error(`The proxy of ${name} speaks no TLS.`);
        server.setSecureContext(credentials);
        server.closeAllConnections();
      }
    },
    suffer(next) {
      plan = next;
    },
    async close() {
      for (const server of servers) server.closeAllConnections();
      agent.destroy();
      await closeServers(servers, 0);
    },
  };
}

/** Gives the answer to whoever asked, harmed or not. */
async function give(
  answer: IncomingMessage,
  res: ServerResponse,
  message: Omit<Message, "number" | "from">,
  harm: Harm | undefined,
): Promise<void> {
  message.status = answer.statusCode ?? 0;
  message.responseHeaders = pairs(answer.rawHeaders);
  const seen = new PassThrough();
  seen.on("data", (chunk: Buffer) => {
    const room = KEPT_BYTES - message.responseBody.length;
    if (room > 0) message.responseBody = Buffer.concat([message.responseBody, chunk.subarray(0, room)]);
    message.responseSize += chunk.length;
  });
  seen.pause();
  const body = answer.pipe(seen);
  answer.once("error", (error) => seen.destroy(error));
  answer.once("close", () => {
    if (!answer.complete) seen.destroy(new Error("The server has cut its answer."));
  });
  const how = harm?.answer;
  if (typeof how === "number") {
    body.resume();
    message.status = how;
    res.writeHead(how, { "content-type": "text/plain" }).end("The gateway has no answer.\n");
  } else if (how === "cut") await sendCut(answer, body, res);
  else if (how === "slow") await sendSlowly(answer, body, res);
  else if (how === "endless" && message.method !== "GET") {
    await sendEndless(answer, body, res);
  } else {
    res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    await pipeline(body, res);
  }
}

function begun(to: string, origin: string, req: IncomingMessage): Omit<Message, "number" | "from"> {
  const path = req.url ?? "/";
  return {
    to,
    at: Date.now(),
    ms: null,
    method: req.method ?? "GET",
    path,
    url: `${origin}${path}`,
    requestHeaders: pairs(req.rawHeaders),
    requestBody: Buffer.alloc(0),
    status: null,
    responseHeaders: [],
    responseBody: Buffer.alloc(0),
    responseSize: 0,
    harm: null,
  };
}

/** The body where it is short and ends by itself; null: it is passed on as it comes. */
async function bufferedBody(req: IncomingMessage): Promise<Buffer | null> {
  const length = Number(req.headers["content-length"] ?? 0);
  if (req.headers["transfer-encoding"] !== undefined || length > BUFFERED_BYTES) return null;
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
