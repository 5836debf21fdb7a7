import { type IncomingHttpHeaders, type RequestListener, request } from "node:http";

/** A request with exactly these headers. */
export interface RawRequest {
  method: string;
  url: string;
  headers?: Record<string, string | string[]>;
  body?: string | Uint8Array;
  /** Send the body in chunks, without Content-Length. */
  chunked?: boolean;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The parsed body where it is JSON. */
  json: Record<string, unknown>;
}

/** One HTTP exchange. Content-Length is added where the body has one and nothing else was said. */
export function exchange({ method, url, headers = {}, body, chunked = false }: RawRequest): Promise<Answer> {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const length = bytes === undefined || chunked ? {} : { "content-length": String(bytes.length) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...length, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json: objectIn(text) });
      });
    });
    sent.on("error", reject);
    if (chunked) sent.setHeader("transfer-encoding", "chunked");
    sent.end(bytes);
  });
}

/** The JSON object in a text, or an empty one. */
export function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** What went over the wire, as the server saw it. */
export interface Exchange {
  /** Name of the server that was asked. */
  server: string;
  method: string;
  /** Path with query. */
  path: string;
  requestHeaders: IncomingHttpHeaders;
  requestBody: string;
  status: number;
  responseHeaders: Record<string, unknown>;
  responseBody: string;
  /** The answer went out whole. */
  complete: boolean;
}

/** Of larger bodies only the start is kept. */
const KEPT = 128 * 1024;

/** Lets a listener answer as it would, and tells what was asked and answered once the answer is out. */
export function tapped(
  server: string,
  listener: RequestListener,
  onExchange: (seen: Exchange) => void,
): RequestListener {
  return (req, res) => {
    const asked = keeper();
    const answered = keeper();
    // Listening to the stream itself would read it before its reader does.
    const push = req.push.bind(req);
    req.push = (chunk, encoding) => {
      asked.keep(chunk);
      return push(chunk, encoding);
    };
    const write = res.write.bind(res) as (...args: unknown[]) => boolean;
    res.write = (...args: unknown[]) => {
      answered.keep(args[0]);
      return write(...args);
    };
    const end = res.end.bind(res) as (...args: unknown[]) => typeof res;
    res.end = (...args: unknown[]) => {
      answered.keep(args[0]);
      return end(...args);
    };
    res.once("close", () =>
      onExchange({
        server,
        method: req.method ?? "",
        path: req.url ?? "",
        requestHeaders: req.headers,
        requestBody: asked.text(),
        status: res.statusCode,
        responseHeaders: res.getHeaders(),
        responseBody: answered.text(),
        complete: res.writableFinished,
      }),
    );
    listener(req, res);
  };
}

function keeper() {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    keep(chunk: unknown) {
      if (size > KEPT || !(typeof chunk === "string" || chunk instanceof Uint8Array)) return;
      const bytes = Buffer.from(chunk as string);
      size += bytes.length;
      chunks.push(bytes);
    },
    text: () => Buffer.concat(chunks).toString("utf8"),
  };
}
