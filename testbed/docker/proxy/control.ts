import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { z } from "zod";
import type { Message } from "../../faults/message.ts";
import { bothPlans, type FaultPlan, faultPlan, NETWORK_FAULT_NAMES } from "../../faults/network.ts";
import type { PeerProxy, Watch } from "../../faults/proxy.ts";

/** Requests at the proxy that are kept; older ones are forgotten. */
const KEPT = 20_000;
/** Longest body of an order. */
const LONGEST_ORDER = 64 * 1024;

type Seen = Parameters<Watch>[0];

/** What a proxy saw, until somebody fetches it. */
export interface Recorder {
  watch: Watch;
  /** Those after the one with this number, which counts from 1. */
  after(number: number): RecordedMessage[];
  clear(): void;
}

/** A message as it goes through the control port: bytes in Base64. */
export interface RecordedMessage extends Omit<Message, "from" | "requestBody" | "responseBody"> {
  requestBody: string;
  responseBody: string;
}

export function recorder(): Recorder {
  let seen: Seen[] = [];
  let forgotten = 0;
  return {
    watch(message) {
      seen.push(message);
      if (seen.length > KEPT) {
        seen.shift();
        forgotten += 1;
      }
    },
    after(number) {
      const start = Math.max(0, number - forgotten);
      return seen.slice(start).map((message, index) => ({
        ...message,
        number: forgotten + start + index + 1,
        requestBody: message.requestBody.toString("base64"),
        responseBody: message.responseBody.toString("base64"),
      }));
    },
    clear() {
      seen = [];
      forgotten = 0;
    },
  };
}

const faultOrder = z.object({ seed: z.string(), faults: z.array(z.enum(NETWORK_FAULT_NAMES)).max(2) });
const certificateOrder = z.object({ key: z.string(), cert: z.string() });

/** What a proxy is told to do to messages: each fault anew from its seed. */
export type FaultOrder = z.infer<typeof faultOrder>;

/**
 * The control port of a proxy, for the one who has the token: `GET /messages?after=NUMBER`, `DELETE /messages`, `PUT /fault`,
 * `PUT /certificate`. `GET /healthz` is for anybody.
 */
export function control(proxy: PeerProxy, record: Recorder, token: string): RequestListener {
  async function answer(req: IncomingMessage): Promise<{ status: number; body?: unknown }> {
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://control");
    const asked = `${req.method} ${pathname}`;
    if (asked === "GET /healthz") return { status: 200, body: "ok" };
    if (!isSame(req.headers.authorization ?? "", `Bearer ${token}`)) return { status: 401 };
    switch (asked) {
      case "GET /messages":
        return { status: 200, body: record.after(Number(searchParams.get("after") ?? 0)) };
      case "DELETE /messages":
        record.clear();
        return { status: 204 };
      case "PUT /fault": {
        const { seed, faults } = faultOrder.parse(await jsonOf(req));
        proxy.suffer(faults.reduce<FaultPlan | null>((plan, name) => bothPlans(plan, faultPlan(name, seed)), null));
        return { status: 204 };
      }
      case "PUT /certificate":
        proxy.show(certificateOrder.parse(await jsonOf(req)));
        return { status: 204 };
      default:
        return { status: 404 };
    }
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
