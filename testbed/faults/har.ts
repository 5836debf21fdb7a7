import { mask } from "./mask.ts";
import { headerOf, type Message } from "./message.ts";

/** The conversation as an HTTP Archive 1.2. Secrets are masked. */
export function har(messages: Message[]): string {
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
        ...(requestBody.length === 0 ? {} : { postData: { mimeType: type, text: requestBody.toString("utf8") } }),
      },
      response: {
        // Zero is how an archive says that there was no answer.
        status: status ?? 0,
        statusText: "",
        httpVersion: "HTTP/1.1",
        cookies: [],
        headers: responseHeaders.map(pair),
        content: contentOf(message),
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
  return `${mask(messages)(JSON.stringify({ log }, null, 2))}\n`;
}

function contentOf({ responseHeaders, responseBody, responseSize }: Message): Record<string, unknown> {
  const mimeType = headerOf(responseHeaders, "content-type") ?? "";
  const isText = /json|xml|text/.test(mimeType);
  return { size: responseSize, mimeType, ...(isText ? { text: responseBody.toString("utf8") } : {}) };
}

function pair([name, value]: [string, string]): { name: string; value: string } {
  return { name, value };
}
