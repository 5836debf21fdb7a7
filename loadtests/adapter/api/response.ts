import type { Exchange, Timings } from "../http/exchange.ts";

/** The part of k6's Response that is here. */
export interface K6Response {
  status: number;
  status_text: string;
  url: string;
  body: string | ArrayBuffer | null;
  headers: Record<string, string>;
  error: string;
  error_code: number;
  proto: string;
  timings: Timings;
  request: { method: string; url: string };
  /** @throws Error when the body is no JSON, or the selector is not known here */
  json(selector?: string): unknown;
}

export function responseOf(
  method: string,
  url: URL,
  { status, statusText, headers, body, failure, timings }: Exchange,
  responseType: "text" | "binary" | "none",
): K6Response {
  const content =
    body === null ? null : responseType === "binary" ? Uint8Array.from(body).buffer : body.toString("utf8");
  const address = withoutCredentials(url);
  return {
    status,
    status_text: status === 0 ? "" : `${status} ${statusText}`.trim(),
    url: address,
    body: content,
    headers,
    error: failure?.error ?? "",
    error_code: failure?.code ?? (status >= 400 ? 1000 + status : 0),
    proto: status === 0 ? "" : "HTTP/1.1",
    timings,
    request: { method, url: address },
    json(selector) {
      const text = content instanceof ArrayBuffer ? Buffer.from(content).toString("utf8") : (content ?? "");
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (error) {
        throw new Error(`cannot parse json: ${error instanceof Error ? error.message : error}`);
      }
      return selector === undefined ? value : selected(value, selector);
    },
  };
}

/** Signs of the syntax of selectors that is not here: wildcards, queries, modifiers, escapes. */
const MORE_THAN_A_PATH = /[*?#|@!\\{}[\]()]/;

/** What is at a path such as `items.0.name`. @throws Error where a selector is more than that */
function selected(value: unknown, selector: string): unknown {
  if (MORE_THAN_A_PATH.test(selector))
    throw new Error(`The selector ${selector} is not known here; real k6 may know it.`);
  return selector.split(".").reduce<unknown>((inner, key) => {
    if (typeof inner !== "object" || inner === null || !Object.hasOwn(inner, key)) return undefined;
    return (inner as Record<string, unknown>)[key];
  }, value);
}

function withoutCredentials(url: URL): string {
  if (url.username === "" && url.password === "") return url.href;
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare.href;
}
