import type { Readable } from "node:stream";
import { type PeerAnswer, PeerFailure, type PeerFailureCode } from "../ports/peer-client.ts";
import type { ConnectPolicy, System, TransportRequest, TransportResponse } from "../ports/system.ts";
import { NO_TELEMETRY, type Telemetry } from "../ports/telemetry.ts";
import { OcmError } from "../protocol/errors.ts";
import { parseStrictJson } from "../protocol/strict-json.ts";
import { createDeadlines } from "./deadlines.ts";
import { transportFailure } from "./failures.ts";
import { retryAfter } from "./http-dates.ts";

/** Discovery documents and JWK Sets may be as large as this, in bytes. */
const DOCUMENT_LIMIT = 256 * 1024;
/** Answers to messages may be as large as this, in bytes. */
const ANSWER_LIMIT = 64 * 1024;

const DEEPEST_JSON = 32;
const USER_AGENT = "koa-ocm";

export interface BoundedRequest {
  /** The peer on whose behalf the URL is asked; failures name it. */
  host: string;
  url: string;
  /** Stands for the URL in traces and metrics: it names nobody. */
  template?: string;
  connect: ConnectPolicy;
  /** Total time for the exchange with its body, in milliseconds. */
  deadline: number;
  requestId?: string | undefined;
}

export interface JsonDocument {
  json: unknown;
  /** Bytes as received. */
  size: number;
  headers: Record<string, string>;
}

export interface ByteDocument {
  bytes: Buffer;
  headers: Record<string, string>;
}

/** Small exchanges with limits on time, size and depth. No redirect is followed. */
export interface BoundedHttp {
  /**
   * Fetches a small JSON document. `malformed` is the code for an answer that is no JSON.
   * @throws PeerFailure with a sentence that says what came instead
   */
  getJson(request: BoundedRequest & { malformed: "peer-not-ocm" | "peer-bad-answer" }): Promise<JsonDocument>;
  /** Fetches a document of at most `limit` bytes, whatever it is. @throws PeerFailure */
  getBytes(request: BoundedRequest & { accept: string; limit: number }): Promise<ByteDocument>;
  /**
   * Posts a message and reads the answer, of any status. A body that is no JSON, too large or cut short is left out: the status stands
   * without it.
   * @throws PeerFailure when no answer or a redirect came
   */
  post(request: BoundedRequest & { headers: Record<string, string>; body: Uint8Array }): Promise<PeerAnswer>;
  /** Breaks off all that is under way. */
  close(): void;
}

export function createHttp(system: System, telemetry: Pick<Telemetry, "ask"> = NO_TELEMETRY): BoundedHttp {
  const deadlines = createDeadlines(system);
  const exchange = async (
    { host, url, template, connect, deadline, requestId }: BoundedRequest,
    signal: AbortSignal,
    message: Pick<TransportRequest, "method" | "headers" | "body">,
  ): Promise<TransportResponse> => {
    const headers = { ...commonHeaders(requestId), ...message.headers };
    const limits = { headersTimeout: deadline, idleTimeout: deadline, signal };
    const response = await telemetry.ask({ method: message.method, url, host, template }, () =>
      system.fetch({ ...message, headers, url, connect, ...limits }),
    );
    refuseRedirect(host, placeOf(url), response);
    return response;
  };
  const getBytes: BoundedHttp["getBytes"] = async (request) => {
    const { host, deadline, accept, limit } = request;
    const place = placeOf(request.url);
    try {
      return await deadlines.within(deadline, async (signal) => {
        const response = await exchange(request, signal, { method: "GET", headers: { accept } });
        const { status, headers } = response;
        if (status !== 200) {
          response.body.destroy();
          throw new PeerFailure("peer-error", host, `${place} answered with status ${status}.`, { status });
        }
        const bytes = await readBounded(response, limit);
        if (bytes === null) throw tooLarge(host, place, limit);
        return { bytes, headers };
      });
    } catch (error) {
      throw transportFailure(host, error);
    }
  };
  return {
    getBytes,
    async getJson(request) {
      const { host, malformed, url } = request;
      const { bytes, headers } = await getBytes({ ...request, accept: "application/json", limit: DOCUMENT_LIMIT });
      return { json: parse(bytes, headers, host, placeOf(url), malformed), size: bytes.length, headers };
    },
    async post(request) {
      const { host, deadline, headers, body } = request;
      try {
        return await deadlines.within(deadline, async (signal) => {
          const response = await exchange(request, signal, { method: "POST", headers, body });
          const bytes = await readBounded(response, ANSWER_LIMIT).catch(() => null);
          return {
            status: response.status,
            body: bytes === null ? undefined : tryJson(bytes),
            retryAfter: retryAfter(response.headers["retry-after"], system.now()),
          };
        });
      } catch (error) {
        throw transportFailure(host, error);
      }
    },
    close: () => deadlines.abortAll(),
  };
}

/** @throws PeerFailure peer-redirect, which names where the peer wanted to send us */
export function refuseRedirect(host: string, place: string, response: TransportResponse): void {
  const { status } = response;
  if (status < 300 || status > 399 || status === 304) return;
  response.body.destroy();
  const target = URL.parse(response.headers.location ?? "", `https://${place}`);
  const where = target === null ? "an address that cannot be read" : `${target.origin}${target.pathname}`.slice(0, 200);
  throw new PeerFailure("peer-redirect", host, `${place} redirects to ${where}, and redirects are not followed.`, {
    status,
    // A temporary redirect may be a maintenance page.
    final: status === 301 || status === 308,
  });
}

/** Host and path of a URL, for sentences. */
export function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`.slice(0, 200);
}

/** The headers that every request to a peer carries. */
export function commonHeaders(requestId: string | undefined): Record<string, string> {
  return { "user-agent": USER_AGENT, ...(requestId === undefined ? {} : { "x-request-id": requestId }) };
}

/** The body, or null when it is longer than `limit` bytes; then the connection is closed. */
async function readBounded({ body, headers }: { body: Readable; headers: Record<string, string> }, limit: number) {
  if (Number(headers["content-length"]) > limit) {
    body.destroy();
    return null;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    // Leaving the loop destroys the stream.
    if (size > limit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(host: string, place: string, limit: number): PeerFailure {
  const sentence = `${place} answered with more than ${limit / 1024} KiB.`;
  return new PeerFailure("peer-too-large", host, sentence, { status: 200, final: true });
}

function parse(
  bytes: Buffer,
  headers: Record<string, string>,
  host: string,
  place: string,
  malformed: PeerFailureCode,
): unknown {
  try {
    return parseStrictJson(bytes, { maxDepth: DEEPEST_JSON });
  } catch (cause) {
    throw new PeerFailure(malformed, host, `${place} ${notJson(bytes, headers, cause)}`, { status: 200, cause });
  }
}

function tryJson(bytes: Buffer): unknown {
  try {
    return parseStrictJson(bytes, { maxDepth: DEEPEST_JSON });
  } catch {
    return undefined;
  }
}

function notJson(bytes: Buffer, headers: Record<string, string>, cause: unknown): string {
  const encoding = headers["content-encoding"];
  if (encoding && encoding !== "identity") return "answered with a compressed body, which was not asked for.";
  const start = bytes.subarray(0, 100).toString("latin1").trimStart();
  if (/^text\/html/i.test(headers["content-type"] ?? "") || /^(\xef\xbb\xbf)?<(!doctype|html)/i.test(start)) {
    return "answered with a web page instead of JSON: is this an OCM server, or a login or error page?";
  }
  if (cause instanceof OcmError && cause.code === "too-deep")
    return `answered with JSON deeper than ${DEEPEST_JSON} levels.`;
  if (cause instanceof OcmError && cause.code === "duplicate-key") return "answered with JSON that names a key twice.";
  return bytes.length === 0 ? "answered with nothing." : "answered with something that is not JSON.";
}
