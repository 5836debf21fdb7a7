import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";

/** Longest body of an order. */
const LONGEST_ORDER = 64 * 1024;

/** What a control port is asked: method and path, such as `PUT /fault`, and the rest. */
export interface Order {
  asked: string;
  parameters: URLSearchParams;
  /** @throws Error when it is no JSON, or too long */
  json(): Promise<unknown>;
}

/**
 * A control port, for whoever shows the token; what throws is answered with 400. `GET /healthz` is for anybody.
 */
export function controlPort(
  token: string,
  obey: (order: Order) => Promise<{ status: number; body?: unknown }>,
): RequestListener {
  async function answer(req: IncomingMessage): Promise<{ status: number; body?: unknown }> {
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://control");
    const asked = `${req.method} ${pathname}`;
    if (asked === "GET /healthz") return { status: 200, body: "ok" };
    if (!isSame(req.headers.authorization ?? "", `Bearer ${token}`)) return { status: 401 };
    return obey({ asked, parameters: searchParams, json: () => jsonOf(req) });
  }
  return (req, res) => {
    answer(req).then(
      ({ status, body }) => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        res.writeHead(status, text === undefined ? {} : { "content-type": "application/json" }).end(text);
      },
      () => res.writeHead(400).end(),
    );
  };
}

async function jsonOf(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST_ORDER) throw new Error("The order is too long.");
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

function isSame(one: string, other: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
