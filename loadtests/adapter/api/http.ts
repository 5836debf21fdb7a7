import { milliseconds } from "../duration.ts";
import { type Exchange, exchange } from "../http/exchange.ts";
import type { Tags } from "../metrics/registry.ts";
import { Interrupted, measured, tagsOf, type Vu } from "../vu.ts";
import { atOnce } from "./batch.ts";
import { bodyOf, type RequestBody } from "./body.ts";
import { type K6Response, responseOf } from "./response.ts";

/** Which statuses count as expected. */
export interface ExpectedStatuses {
  expects(status: number): boolean;
}

export interface Params {
  headers?: Record<string, string>;
  tags?: Tags;
  timeout?: string | number;
  redirects?: number;
  responseType?: "text" | "binary" | "none";
  responseCallback?: ExpectedStatuses | null;
}

type Part = [string, string, (RequestBody | null)?, (Params | null)?];
type Batched = string | Part | { method: string; url: string; body?: RequestBody | null; params?: Params | null };

const KNOWN_PARAMS = ["headers", "tags", "timeout", "redirects", "responseType", "responseCallback"];
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_REDIRECTS = 10;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * The module `k6/http` for one virtual user. In k6 all calls but `asyncRequest` wait; nothing can wait in Node without holding
 * up the other virtual users, so here they give a promise. `await http.get(…)` means the same in both.
 */
export function httpModule(vu: Vu) {
  let callback: ExpectedStatuses | null = { expects: (status) => status >= 200 && status < 400 };

  async function asyncRequest(
    method: string,
    url: string,
    body?: RequestBody | null,
    params?: Params | null,
  ): Promise<K6Response> {
    if (vu.stage === "init") throw new Error("Making http requests in the init context is not supported.");
    for (const name of Object.keys(params ?? {})) {
      if (!KNOWN_PARAMS.includes(name)) throw new Error(`The parameter ${name} is not known here; real k6 knows it.`);
    }
    const { options } = vu.engine;
    const {
      headers = {},
      tags,
      timeout = DEFAULT_TIMEOUT_MS,
      redirects = options.maxRedirects ?? DEFAULT_REDIRECTS,
    } = params ?? {};
    const responseType = params?.responseType ?? (options.discardResponseBodies ? "none" : "text");
    const expected = params?.responseCallback === undefined ? callback : params.responseCallback;
    const content = bodyOf(body);
    const deadline = performance.now() + milliseconds(timeout);
    let hop = {
      method,
      url: urlOf(url),
      headers: withDefaults(headers, content.mediaType, options.userAgent),
      body: content.bytes,
    };

    for (let left = redirects; ; left -= 1) {
      if (vu.interruption.signal.aborted) throw new Interrupted();
      const answer = await exchange(vu.connections, {
        ...withCredentials(hop),
        timeoutMs: Math.max(0, deadline - performance.now()),
        keepBody: responseType !== "none",
        signal: vu.interruption.signal,
      });
      if (vu.interruption.signal.aborted) throw new Interrupted();
      if (answer.headers["Set-Cookie"] !== undefined) {
        vu.engine.warnOnce("Cookies are not kept here; k6 sends them again within an iteration.");
      }
      const response = responseOf(hop.method, hop.url, answer, responseType);
      record(response, answer, expected, tags);
      if (answer.failure !== undefined) {
        if (options.throw) throw new Error(answer.failure.error);
        vu.engine.log(`WARN Request failed: ${hop.method} ${hop.url.href}: ${answer.failure.error}`);
        return response;
      }
      const to = answer.headers.Location;
      if (left <= 0 || to === undefined || !REDIRECTS.includes(answer.status)) return response;
      const keeps = answer.status >= 307;
      hop = {
        ...hop,
        url: new URL(to, hop.url),
        ...(keeps ? {} : { method: hop.method === "HEAD" ? "HEAD" : "GET", body: null }),
      };
    }
  }

  function record(
    response: K6Response,
    { timings, sent, received }: Exchange,
    expected: ExpectedStatuses | null,
    own: Tags | undefined,
  ): void {
    const { method } = response.request;
    const failed = expected === null ? undefined : !expected.expects(response.status);
    const tags = tagsOf(
      vu,
      { method, url: response.url, name: response.url, status: String(response.status), proto: response.proto },
      response.error_code === 0 ? undefined : { error_code: String(response.error_code), error: response.error },
      failed === undefined ? undefined : { expected_response: String(!failed) },
      own,
    );
    measured(vu, "http_reqs", 1, tags);
    measured(vu, "http_req_duration", timings.duration, tags);
    measured(vu, "http_req_blocked", timings.blocked, tags);
    measured(vu, "http_req_connecting", timings.connecting, tags);
    measured(vu, "http_req_tls_handshaking", timings.tls_handshaking, tags);
    measured(vu, "http_req_sending", timings.sending, tags);
    measured(vu, "http_req_waiting", timings.waiting, tags);
    measured(vu, "http_req_receiving", timings.receiving, tags);
    if (failed !== undefined) measured(vu, "http_req_failed", failed ? 1 : 0, tags);
    measured(vu, "data_sent", sent, tags);
    measured(vu, "data_received", received, tags);
  }

  const api = {
    asyncRequest,
    request: asyncRequest,
    get: (url: string, params?: Params | null) => asyncRequest("GET", url, null, params),
    head: (url: string, params?: Params | null) => asyncRequest("HEAD", url, null, params),
    post: (url: string, body?: RequestBody | null, params?: Params | null) => asyncRequest("POST", url, body, params),
    put: (url: string, body?: RequestBody | null, params?: Params | null) => asyncRequest("PUT", url, body, params),
    patch: (url: string, body?: RequestBody | null, params?: Params | null) => asyncRequest("PATCH", url, body, params),
    options: (url: string, body?: RequestBody | null, params?: Params | null) =>
      asyncRequest("OPTIONS", url, body, params),
    del: (url: string, body?: RequestBody | null, params?: Params | null) => asyncRequest("DELETE", url, body, params),

    async batch(requests: Batched[] | Record<string, Batched>): Promise<K6Response[] | Record<string, K6Response>> {
      const entries = Object.entries(requests);
      const answers = await atOnce(
        entries.map(([, request]) => {
          const [method, url, body, params]: Part =
            typeof request === "string"
              ? ["GET", request]
              : Array.isArray(request)
                ? request
                : [request.method, request.url, request.body, request.params];
          return { host: urlOf(url).hostname, work: () => asyncRequest(method, url, body, params) };
        }),
      );
      if (Array.isArray(requests)) return answers;
      return Object.fromEntries(entries.flatMap(([name], at) => [[name, answers[at]]])) as Record<string, K6Response>;
    },

    expectedStatuses(...allowed: (number | { min: number; max: number })[]): ExpectedStatuses {
      return {
        expects: (status) =>
          allowed.some((one) => (typeof one === "number" ? one === status : one.min <= status && status <= one.max)),
      };
    },
    setResponseCallback(given: ExpectedStatuses | null): void {
      callback = given;
    },
  };
  return api;
}

function urlOf(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new Error(`invalid URL: ${text}`);
  }
}

function withDefaults(
  headers: Record<string, string>,
  mediaType: string | undefined,
  userAgent = "koa-ocm-loadtest",
): Record<string, string> {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  return {
    ...(names.includes("user-agent") || userAgent === "" ? {} : { "User-Agent": userAgent }),
    ...(mediaType === undefined || names.includes("content-type") ? {} : { "Content-Type": mediaType }),
    ...headers,
  };
}

/** Credentials in the address become a header, as in k6. */
function withCredentials<T extends { url: URL; headers: Record<string, string> }>(hop: T): T {
  const { username, password } = hop.url;
  if (username === "" && password === "") return hop;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { ...hop, headers: { Authorization: `Basic ${Buffer.from(pair).toString("base64")}`, ...hop.headers } };
}
