import type { IncomingMessage, OutgoingHttpHeaders, RequestListener } from "node:http";

export interface YardstickAnswer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: string | Buffer;
}

export type YardstickHandler = (request: IncomingMessage) => YardstickAnswer | Promise<YardstickAnswer>;

/** Answers with what the handler returns, and with 500 when it fails. */
export function listenerOf(handler: YardstickHandler): RequestListener {
  return (request, response) => {
    const send = ({ status, headers, body }: YardstickAnswer) => {
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
    };
    const fail = (error: unknown) => send({ status: 500, headers: {}, body: String(error) });
    const answer = handler(request);
    if (answer instanceof Promise) answer.then(send, fail);
    else send(answer);
  };
}
