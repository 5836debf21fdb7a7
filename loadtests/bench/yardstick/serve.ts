import type { IncomingMessage, OutgoingHttpHeaders, RequestListener } from "node:http";
import { pipeline, type Readable } from "node:stream";

export interface YardstickAnswer {
  status: number;
  /** With Content-Length, where there is a body. */
  headers: OutgoingHttpHeaders;
  body?: string | Readable;
}

export type YardstickHandler = (request: IncomingMessage) => YardstickAnswer | Promise<YardstickAnswer>;

export function jsonAnswer(status: number, body: string, headers: OutgoingHttpHeaders = {}): YardstickAnswer {
  const own = { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(body) };
  return { status, headers: { ...own, ...headers }, body };
}

/** Answers with what the handler returns, and with 500 when it fails. */
export function listenerOf(handler: YardstickHandler): RequestListener {
  return (request, response) => {
    const send = ({ status, headers, body }: YardstickAnswer) => {
      response.writeHead(status, headers);
      if (body === undefined || typeof body === "string") response.end(body);
      else pipeline(body, response, () => undefined);
    };
    const fail = (error: unknown) => send(jsonAnswer(500, JSON.stringify(String(error))));
    const answer = handler(request);
    if (answer instanceof Promise) answer.then(send, fail);
    else send(answer);
  };
}
