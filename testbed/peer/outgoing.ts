import { channel } from "node:diagnostics_channel";
import { KEPT_BYTES, type Message } from "../faults/message.ts";

/** The part of undici's request objects that is read here; undici documents these channels. */
interface UndiciRequest {
  method: string;
  origin: string | URL;
  path: string;
  headers: unknown[];
  /** As the sender named it; null: it did not. */
  contentLength?: number | null;
  body?: unknown;
}

/**
 * Notes every request that this process sends by undici, which is all that the plugin sends. The same object changes until its `ms` is set.
 *
 * @returns what was noted so far, in the order in which the requests began
 */
export function watchOutgoing(): Message[] {
  const messages: Message[] = [];
  const open = new WeakMap<object, Message>();
  const on = <T extends { request: UndiciRequest }>(name: string, note: (message: Message, event: T) => void): void => {
    channel(`undici:request:${name}`).subscribe((event) => {
      const message = open.get((event as T).request);
      if (message !== undefined) note(message, event as T);
    });
  };
  const end = (message: Message): void => {
    message.ms = Date.now() - message.at;
  };
  channel("undici:request:create").subscribe((event) => {
    const { request } = event as { request: UndiciRequest };
    const message = begun(request);
    open.set(request, message);
    messages.push(message);
  });
  // The list of the request lacks what undici writes by itself, such as the host and the length.
  channel("undici:client:sendHeaders").subscribe((event) => {
    const { request, headers } = event as { request: UndiciRequest; headers: string };
    const message = open.get(request);
    if (message !== undefined) message.requestHeaders = [...written(headers), ...lengthOf(request)];
  });
  on<{ request: UndiciRequest; chunk: Uint8Array | string }>("bodyChunkSent", (message, { chunk }) => {
    message.requestBody = kept(message.requestBody, chunk);
  });
  on<{ request: UndiciRequest; response: { statusCode: number; headers: unknown } }>("headers", (message, event) => {
    message.status = event.response.statusCode;
    message.responseHeaders = named(event.response.headers);
  });
  on<{ request: UndiciRequest; chunk: Uint8Array }>("bodyChunkReceived", (message, { chunk }) => {
    message.responseBody = kept(message.responseBody, chunk);
    message.responseSize += chunk.length;
  });
  on("trailers", end);
  on("error", end);
  return messages;
}

function begun({ method, origin, path, headers }: UndiciRequest): Message {
  return {
    number: 0,
    from: null,
    to: "peer",
    at: Date.now(),
    ms: null,
    method,
    path,
    url: `${String(origin)}${path}`,
    requestHeaders: named(headers),
    requestBody: Buffer.alloc(0),
    status: null,
    responseHeaders: [],
    responseBody: Buffer.alloc(0),
    responseSize: 0,
    harm: null,
  };
}

function kept(before: Buffer, chunk: Uint8Array | string): Buffer {
  const room = KEPT_BYTES - before.length;
  return room > 0 ? Buffer.concat([before, Buffer.from(chunk as Uint8Array).subarray(0, room)]) : before;
}

/** The headers in the text of a request; its first line is none. */
function written(text: string): [string, string][] {
  return text.split("\r\n").flatMap((line): [string, string][] => {
    const [, name, value] = /^([^\s:]+):\s*(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
}

/** Undici adds the length after it has told of the other headers. */
function lengthOf({ contentLength, body }: UndiciRequest): [string, string][] {
  const length = body instanceof Uint8Array ? body.byteLength : contentLength;
  return typeof length === "number" ? [["content-length", String(length)]] : [];
}

/** Pairs of names and values, from a flat list or from a record. */
function named(headers: unknown): [string, string][] {
  if (!Array.isArray(headers)) return Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]);
  const texts = headers.map(String);
  return texts.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, texts[index + 1] ?? ""]] : []));
}
