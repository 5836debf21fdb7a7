import { Readable } from "node:stream";
import { type Dispatcher, fetch as fetchBy, type RequestInit as RequestBy } from "undici";

/** Milliseconds after which a request is given up. */
const LONGEST_REQUEST_MS = 25_000;

/** An answer that is no success, with what the server says about it. */
export class Refused extends Error {
  readonly status: number;
  /** Stable code of the plugin's error, where the body has one. */
  readonly code: string | null;
  /** Seconds after which the server wants to be asked again; null: it does not say. */
  readonly retryAfter: number | null;
  constructor(request: string, status: number, code: string | null, message: string, retryAfter: number | null = null) {
    super(`${request} was answered with ${status}${code === null ? "" : ` ${code}`}: ${message}`);
    this.name = "Refused";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** There was no answer, or not the whole of it. */
export class NoAnswer extends Error {
  constructor(request: string, cause: unknown) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    super(`${request} got no answer: ${reason instanceof Error ? reason.message : reason}`, { cause });
    this.name = "NoAnswer";
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
  /** The answer, once its head is there. @throws Refused when it is no success, NoAnswer when there is none */
  send(method: string, path: string, outgoing?: Outgoing): Promise<Response>;
  /** The JSON of the answer; undefined where it has no body. @throws Refused, NoAnswer */
  json(method: string, path: string, outgoing?: Outgoing): Promise<unknown>;
  /** The bytes of the answer to a GET, as they come. @throws Refused, NoAnswer */
  bytes(path: string): Promise<AsyncIterable<Uint8Array>>;
}

/** Ways to servers, by their origins, that the name and the port in an origin do not lead to. */
const ways = new Map<string, Dispatcher>();

/** From now on requests of this process to this origin go this way; null: as the origin says. */
export function setWay(origin: string, way: Dispatcher | null): void {
  if (way === null) ways.delete(origin);
  else ways.set(origin, way);
}

/** The global fetch, or, where a way was set, the fetch that knows it. */
export function fetching(origin: string, path: string, init: RequestInit): Promise<Response> {
  const dispatcher = ways.get(origin);
  if (dispatcher === undefined) return fetch(`${origin}${path}`, init);
  // Both are one implementation of one standard; only their types know of each other's age.
  return fetchBy(`${origin}${path}`, { ...(init as RequestBy), dispatcher }) as unknown as Promise<Response>;
}

/** A caller that identifies itself by HTTP Basic, or not at all. A function gives the origin for each request anew. */
export function caller(at: string | (() => string), account?: { username: string; password: string }): Caller {
  const authorization: Record<string, string> = account
    ? { authorization: `Basic ${Buffer.from(`${account.username}:${account.password}`).toString("base64")}` }
    : {};

  async function send(method: string, path: string, outgoing: Outgoing = {}): Promise<Response> {
    const { json, body, headers } = outgoing;
    const origin = typeof at === "string" ? at : at();
    const response = await fetching(origin, path, {
      method,
      headers: { ...authorization, ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
      body: json === undefined ? ((body ?? null) as RequestInit["body"]) : JSON.stringify(json),
      duplex: "half",
      redirect: "manual",
      signal: AbortSignal.timeout(LONGEST_REQUEST_MS),
    }).catch((error: unknown) => {
      throw new NoAnswer(`${method} ${origin}${path}`, error);
    });
    if (!response.ok) {
      const text = await whole(response, method);
      const { code = null, message = text } = errorBody(text);
      const retryAfter = response.headers.get("retry-after");
      const seconds = retryAfter === null ? null : Number(retryAfter);
      throw new Refused(`${method} ${origin}${path}`, response.status, code, message, seconds);
    }
    return response;
  }

  return {
    send,
    async json(method, path, outgoing) {
      const text = await whole(await send(method, path, outgoing), method);
      return text === "" ? undefined : JSON.parse(text);
    },
    bytes: async (path) => (await send("GET", path)).body ?? Readable.from([]),
  };
}

/** The body, to its end. @throws NoAnswer where it is cut off */
async function whole(response: Response, method: string): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw new NoAnswer(`${method} ${response.url}`, error);
  }
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
