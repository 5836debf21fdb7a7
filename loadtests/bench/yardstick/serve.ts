import type { IncomingMessage, OutgoingHttpHeaders, RequestListener } from "node:http";

export interface YardstickAnswer {
  status: number;
  /** With Content-Length. */
  headers: OutgoingHttpHeaders;
  body: string;
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
      response.writeHead(status, headers).end(body);
    };
    const fail = (error: unknown) => send(jsonAnswer(500, JSON.stringify(String(error))));
    const answer = handler(request);
    if (answer instanceof Promise) answer.then(send, fail);
    else send(answer);
  };
}
