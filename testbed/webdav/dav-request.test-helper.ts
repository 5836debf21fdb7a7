import { request } from "node:http";
import { type Answer, objectIn } from "../flows/http.test-helper.ts";
import type { DavShare } from "./world.test-helper.ts";

export interface DavOptions {
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** The Authorization field; null for none. By default the share's token. */
  as?: string | null;
}

/** One request for a path of a share, which is sent as it is written. */
export function dav(share: DavShare, method: string, path: string, options: DavOptions = {}): Promise<Answer> {
  const { headers = {}, as = share.bearer, body } = options;
  const { hostname, port } = new URL(share.url);
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const all: Record<string, string> = {
    ...(as === null ? {} : { authorization: as }),
    ...(bytes === undefined ? {} : { "content-length": String(bytes.length) }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path: `${share.path}${path}`, headers: all }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json: objectIn(text) });
      });
    });
    sent.on("error", reject);
    sent.end(bytes);
  });
}

/** A body that each method can have, where it has one. */
export function bodyFor(method: string): { body?: string } {
  const body = { PUT: "text", LOCK: LOCK_BODY, PROPPATCH: PROPPATCH_BODY }[method];
  return body === undefined ? {} : { body };
}

/** The status of an answer alone. */
export async function statusOf(...request: Parameters<typeof dav>): Promise<number> {
  return (await dav(...request)).status;
}

export const LOCK_BODY = `<?xml version="1.0" encoding="utf-8"?><d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope>
<d:locktype><d:write/></d:locktype><d:owner>somebody</d:owner></d:lockinfo>`;

export const PROPPATCH_BODY =
  '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><x:a xmlns:x="urn:x">1</x:a></d:prop></d:set></d:propertyupdate>';

/** Takes an exclusive write lock and gives its token, without angle brackets. */
export async function lock(share: DavShare, path: string, headers: Record<string, string> = {}): Promise<string> {
  const { status, headers: fields, text } = await dav(share, "LOCK", path, { headers, body: LOCK_BODY });
  const token = /^<(.+)>$/.exec(String(fields["lock-token"] ?? ""))?.[1];
  if (token === undefined) throw new Error(`LOCK was answered with ${status}: ${text}`);
  return token;
}
