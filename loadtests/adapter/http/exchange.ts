import type { Dispatcher } from "undici";
import type { Connections } from "./connections.ts";
import { type Failure, failureOf, TIMED_OUT } from "./failure.ts";

export interface Outgoing {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | Buffer | null;
  timeoutMs: number;
  /** Otherwise the bytes are counted and dropped. */
  keepBody: boolean;
  signal: AbortSignal;
}

/** Milliseconds of the parts of a request. */
export interface Timings {
  blocked: number;
  connecting: number;
  tls_handshaking: number;
  sending: number;
  waiting: number;
  receiving: number;
  duration: number;
}

export interface Exchange {
  /** 0: there was no answer. */
  status: number;
  statusText: string;
  headers: Record<string, string>;
  body: Buffer | null;
  failure: Failure | undefined;
  timings: Timings;
  sent: number;
  received: number;
}

/** Sends one request and takes its answer. Fails only by `failure`. */
export function exchange({ agent, takeSetup, takeTraffic }: Connections, out: Outgoing): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const asked = performance.now();
  let started = asked;
  let setup = { connecting: 0, tlsHandshaking: 0 };
  let bodySent = 0;
  let answered = 0;
  let status = 0;
  let statusText = "";
  let headers: Record<string, string> = {};
  const chunks: Buffer[] = [];
  let controller: Dispatcher.DispatchController | undefined;
  let isOver = false;

  const end = (failure: Failure | undefined): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    out.signal.removeEventListener("abort", cut);
    const now = performance.now();
    const sending = bodySent > 0 ? Math.max(0, Math.min(bodySent, answered || now) - started) : 0;
    const waiting = Math.max(0, (answered || now) - started - sending);
    const receiving = answered > 0 ? now - answered : 0;
    const traffic = takeTraffic();
    resolve({
      status: failure === undefined ? status : 0,
      statusText,
      headers,
      body: out.keepBody && failure === undefined ? Buffer.concat(chunks) : null,
      failure,
      timings: {
        blocked: Math.max(0, started - asked - setup.connecting - setup.tlsHandshaking),
        connecting: setup.connecting,
        tls_handshaking: setup.tlsHandshaking,
        sending,
        waiting,
        receiving,
        duration: sending + waiting + receiving,
      },
      ...traffic,
    });
  };
  const stop = (failure: Failure): void => {
    const reason = new Error(failure.error);
    end(failure);
    controller?.abort(reason);
  };
  const cut = (): void => stop({ error: "context canceled", code: 1000 });
  const timer = setTimeout(() => stop(TIMED_OUT), out.timeoutMs);
  out.signal.addEventListener("abort", cut, { once: true });

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(given) {
      controller = given;
      if (isOver) {
        given.abort(new Error("The request is over."));
        return;
      }
      started = performance.now();
      setup = takeSetup();
    },
    onRequestSent() {
      bodySent = performance.now();
    },
    onResponseStart(_controller, code, fields, message) {
      if (code < 200) return;
      answered = performance.now();
      status = code;
      statusText = message ?? "";
      headers = canonical(fields);
    },
    onResponseData(_controller, chunk) {
      if (out.keepBody) chunks.push(chunk);
    },
    onResponseEnd: () => end(undefined),
    onResponseError: (_controller, error) => end(failureOf(error)),
  };
  try {
    const { origin, pathname, search } = out.url;
    const { method, body } = out;
    agent.dispatch({ origin, path: pathname + search, method, body, headers: out.headers }, handler);
  } catch (error) {
    end(failureOf(error));
  }
  return promise;
}

/** Names as k6 has them (`Content-Type`); of several values of one name it makes a list. */
function canonical(fields: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()),
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}
