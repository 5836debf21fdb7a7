import { request } from "node:http";
import { text } from "node:stream/consumers";

/** One request of a preparation. */
export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** The body of an answer. @throws Error when its status is not this one */
export async function ask(url: string, status: number, { method = "GET", headers, body }: Asked = {}): Promise<string> {
  const answer = await fetch(url, { method, headers: headers ?? {}, body: body ?? null });
  const answered = await answer.text();
  if (answer.status !== status) throw new Error(`${method} ${url} was answered with ${answer.status}: ${answered}`);
  return answered;
}

/** Sends a request that was made as bytes. @throws Error when the status of its answer is not this one */
export async function askRaw(origin: string, raw: Buffer, status: number): Promise<string> {
  const end = raw.indexOf("\r\n\r\n");
  const [line = "", ...fields] = raw.toString("latin1", 0, end).split("\r\n");
  const [method = "", path = ""] = line.split(" ");
  const headers = Object.fromEntries(fields.map((field) => field.split(/: (.*)/s).slice(0, 2)));
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  request(origin + path, { method, headers }, (answer) => {
    text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject);
  })
    .once("error", reject)
    .end(raw.subarray(end + 4));
  const answered = await promise;
  if (answered.status !== status) {
    throw new Error(`${method} ${origin}${path} was answered with ${answered.status}: ${answered.body}`);
  }
  return answered.body;
}
