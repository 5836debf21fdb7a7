import { mask } from "./mask.ts";
import { headerOf, KEPT_BYTES, type Message } from "./message.ts";

/** The conversation as an HTTP Archive 1.2. Secrets are masked, and long bodies are cut, with a comment that says so. */
export function har(messages: Message[]): string {
  const masked = mask(messages);
  const entries = messages.map((message) => {
    const { from, to, at, ms, method, url, requestHeaders, requestBody, status, responseHeaders, harm } = message;
    const type = headerOf(requestHeaders, "content-type") ?? "";
    const time = ms ?? 0;
    return {
      startedDateTime: new Date(at).toISOString(),
      time,
      request: {
        method,
        url,
        httpVersion: "HTTP/1.1",
        cookies: [],
        headers: requestHeaders.map(pair),
        queryString: [...new URL(url).searchParams].map(pair),
        headersSize: -1,
        bodySize: requestBody.length,
        ...(requestBody.length === 0
          ? {}
          : { postData: { mimeType: type, ...cut(requestBody, requestBody.length, masked) } }),
      },
      response: {
        // Zero is how an archive says that there was no answer.
        status: status ?? 0,
        statusText: "",
        httpVersion: "HTTP/1.1",
        cookies: [],
        headers: responseHeaders.map(pair),
        content: contentOf(message, masked),
        redirectURL: "",
        headersSize: -1,
        bodySize: message.responseSize,
      },
      cache: {},
      timings: { send: 0, wait: time, receive: 0 },
      comment: [`${from ?? "somebody"} to ${to}`, ...(harm === null ? [] : [harm])].join("; "),
    };
  });
  const log = { version: "1.2", creator: { name: "koa-ocm testbed", version: "1" }, entries };
  // Each text by itself, as a secret may be written in another way within JSON.
  const plain = (_name: string, value: unknown) => (typeof value === "string" ? masked(value) : value);
  return `${JSON.stringify({ log }, plain, 2)}\n`;
}

function contentOf(
  { responseHeaders, responseBody, responseSize }: Message,
  masked: (text: string) => string,
): Record<string, unknown> {
  const mimeType = headerOf(responseHeaders, "content-type") ?? "";
  const isText = /json|xml|text/.test(mimeType);
  return { size: responseSize, mimeType, ...(isText ? cut(responseBody, responseSize, masked) : {}) };
}

/** The beginning of a body, and how long it was where that is not all. @param size bytes of the whole, of which some may not have been kept */
function cut(body: Buffer, size: number, masked: (text: string) => string): { text: string; comment?: string } {
  if (size <= KEPT_BYTES) return { text: body.toString("utf8") };
  // Masked before it is cut: a part of a secret is not found again.
  const text = Buffer.from(masked(body.toString("utf8")))
    .subarray(0, KEPT_BYTES)
    .toString("utf8");
  return { text, comment: `Cut after ${KEPT_BYTES / 1024} KiB; the body has ${size} bytes.` };
}

function pair([name, value]: [string, string]): { name: string; value: string } {
  return { name, value };
}
