import { Readable } from "node:stream";

/** Milliseconds after which a request is given up. */
const LONGEST_REQUEST_MS = 25_000;

/** An answer that is no success, with what the server says about it. */
export class Refused extends Error {
  readonly status: number;
  /** Stable code of the plugin's error, where the body has one. */
  readonly code: string | null;
  constructor(request: string, status: number, code: string | null, message: string) {
    super(`${request} was answered with ${status}${code === null ? "" : ` ${code}`}: ${message}`);
    this.name = "Refused";
    this.status = status;
    this.code = code;
  }
}

export interface Outgoing {
  json?: unknown;
  /** Bytes, or a stream of them. */
  body?: Uint8Array<ArrayBuffer> | Readable;
  headers?: Record<string, string>;
}

/** Sends requests to one server as one person. */
export interface Caller {
  /** The answer, once its head is there. @throws Refused when it is no success */
  send(method: string, path: string, outgoing?: Outgoing): Promise<Response>;
  /** The JSON of the answer; undefined where it has no body. @throws Refused */
  json(method: string, path: string, outgoing?: Outgoing): Promise<unknown>;
  /** The bytes of the answer to a GET, as they come. @throws Refused */
  bytes(path: string): Promise<AsyncIterable<Uint8Array>>;
}

/** A caller that identifies itself by HTTP Basic, or not at all. A function gives the origin for each request anew. */
export function caller(at: string | (() => string), account?: { username: string; password: string }): Caller {
  const authorization: Record<string, string> = account
    ? { authorization: `Basic ${Buffer.from(`${account.username}:${account.password}`).toString("base64")}` }
    : {};

  async function send(method: string, path: string, outgoing: Outgoing = {}): Promise<Response> {
    const { json, body, headers } = outgoing;
    const origin = typeof at === "string" ? at : at();
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { ...authorization, ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
      body: json === undefined ? ((body ?? null) as RequestInit["body"]) : JSON.stringify(json),
      duplex: "half",
      redirect: "manual",
      signal: AbortSignal.timeout(LONGEST_REQUEST_MS),
    }).catch((error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new Error(`${method} ${origin}${path} got no answer: ${cause instanceof Error ? cause.message : cause}`, {
        cause: error,
      });
    });
    if (!response.ok) {
      const text = await response.text();
      const { code = null, message = text } = errorBody(text);
      throw new Refused(`${method} ${origin}${path}`, response.status, code, message);
    }
    return response;
  }

  return {
    send,
    async json(method, path, outgoing) {
      const text = await (await send(method, path, outgoing)).text();
      return text === "" ? undefined : JSON.parse(text);
    },
    bytes: async (path) => (await send("GET", path)).body ?? Readable.from([]),
  };
}

/** A path with each of its names percent-encoded, for the end of an address. */
export function encodedPath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function errorBody(text: string): { code?: string; message?: string } {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}
