import { type Agent, type IncomingMessage, request, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { back, cookieOf, onward, type Way } from "./headers.ts";
import type { Pool, Process } from "./pool.ts";

/** Methods that may be sent a second time when nobody knows whether the first one arrived (RFC 9110 section 9.2.1), without body. */
const SAFE = new Set(["GET", "HEAD", "OPTIONS", "PROPFIND"]);

/** The process has not answered; `isUnsent`: it cannot have seen the request either. */
class NoAnswer extends Error {
  readonly isUnsent: boolean;
  /** A few words. */
  readonly reason: string;
  constructor(cause: Error, isUnsent: boolean, isKept: boolean) {
    super("The process did not answer.", { cause });
    this.isUnsent = isUnsent;
    const code = "code" in cause ? String(cause.code) : cause.message;
    this.reason = `${code}, ${isKept ? "a connection that was kept" : "a new connection"}`;
  }
}

/**
 * Passes a request to a process that is ready, and its answer back, both as they come. Where a process cannot be reached another one gets
 * the request. Whoever got a cookie (a login) stays with the process that gave it, as sessions are in memory.
 *
 * @param cookie name of the balancer's own cookie, which names the process
 */
export async function pass(
  req: IncomingMessage,
  res: ServerResponse,
  pool: Pool,
  agent: Agent,
  way: Way,
  cookie: string,
): Promise<void> {
  const wanted = cookieOf(req.headers.cookie, cookie);
  const failed = new Set<Process>();
  for (;;) {
    const process = pool.pick(wanted === undefined ? undefined : Number(wanted), failed);
    if (process === undefined) {
      refuse(res, failed.size > 0 ? 502 : 503, "No process of this server can answer now.");
      return;
    }
    try {
      const answer = await ask(req, res, process, agent, way);
      await give(answer, res, process, cookie);
      return;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      failed.add(process);
      if (error.isUnsent) pool.failed(process);
      else if (!SAFE.has(req.method ?? "") || hasBody(req)) {
        refuse(res, 502, `The process of this server ended before it answered (${error.reason}).`);
        return;
      }
    }
  }
}

/** Resolves with the head of the answer. @throws NoAnswer */
function ask(
  req: IncomingMessage,
  res: ServerResponse,
  { host, port }: Process,
  agent: Agent,
  way: Way,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let isUnsent = true;
    const headers = onward(req.rawHeaders, way);
    const asked = request({ host, port, agent, method: req.method, path: req.url, headers, setHost: false }, resolve);
    const send = (): void => {
      isUnsent = false;
      if (hasBody(req)) pipeline(req, asked).catch((error) => asked.destroy(error));
      else asked.end();
    };
    // The body is touched only when somebody is there to take it.
    asked.once("socket", (socket) => {
      if (socket.connecting) socket.once("connect", send);
      else send();
    });
    asked.once("error", (error) => reject(new NoAnswer(error, isUnsent, asked.reusedSocket)));
    res.once("close", () => {
      if (!res.writableFinished) asked.destroy();
    });
  });
}

async function give(answer: IncomingMessage, res: ServerResponse, process: Process, cookie: string): Promise<void> {
  const headers = back(answer.rawHeaders);
  if (answer.headers["set-cookie"] !== undefined) {
    headers.push("Set-Cookie", `${cookie}=${process.index}; Path=/; HttpOnly; SameSite=Lax; Secure`);
  }
  res.writeHead(answer.statusCode ?? 502, headers);
  // What ends early at the process ends early at the client too: `pipeline` destroys both.
  await pipeline(answer, res);
}

function hasBody(req: IncomingMessage): boolean {
  return req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;
}

function refuse(res: ServerResponse, status: number, sentence: string): void {
  const headers = { "content-type": "text/plain; charset=utf-8", ...(status === 503 ? { "retry-after": "1" } : {}) };
  res.writeHead(status, headers).end(`${sentence}\n`);
}
