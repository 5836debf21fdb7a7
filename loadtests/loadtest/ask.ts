import { readFileSync } from "node:fs";
import { Agent, buildConnector } from "undici";
import { encodedPath } from "../../testbed/http.ts";
import type { Person } from "../k6/shared/world.ts";
import type { Target } from "./target.ts";

/** What is asked of servers while a run is prepared. */
export interface Ask {
  /** As a person, of the user API or of the file routes. @returns the JSON of the answer @throws Error when it is refused */
  as(person: Person, method: string, path: string, body?: unknown): Promise<unknown>;
  /** A person's own file. Folders on the way are made. */
  put(person: Person, path: string, content: string | Buffer): Promise<void>;
  /** Anything. @throws Error unless it succeeds */
  post(url: string, headers: Record<string, string>, body: string): Promise<unknown>;
  close(): Promise<void>;
}

export function createAsk({ ca, hosts = {} }: Pick<Target, "ca" | "hosts">): Ask {
  const connect = buildConnector(ca === undefined ? {} : { ca: readFileSync(ca, "utf8") });
  const agent = new Agent({
    connect(asked, callback) {
      const place = hosts[`${asked.hostname}:${asked.port || (asked.protocol === "https:" ? 443 : 80)}`];
      const [hostname = "", port = ""] = place?.split(":") ?? [asked.hostname, asked.port];
      connect({ ...asked, hostname, port, servername: asked.servername || asked.hostname }, callback);
    },
  });
  const send = async (
    method: string,
    url: string,
    headers: Record<string, string>,
    content: string | Buffer | null,
  ): Promise<unknown> => {
    const { origin, pathname, search } = new URL(url);
    const answer = await agent.request({ origin, path: pathname + search, method, headers, body: content });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) {
      throw new Error(`${method} ${url} was answered with ${answer.statusCode}: ${text.slice(0, 500)}`);
    }
    return text.startsWith("{") ? JSON.parse(text) : text;
  };
  const basic = ({ username, password }: Person): string =>
    `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return {
    as: (person, method, path, body) =>
      send(
        method,
        person.origin + path,
        { authorization: basic(person), ...(body === undefined ? {} : { "content-type": "application/json" }) },
        body === undefined ? null : JSON.stringify(body),
      ),
    async put(person, path, content) {
      await send("PUT", `${person.origin}/files${encodedPath(path)}`, { authorization: basic(person) }, content);
    },
    post: (url, headers, body) => send("POST", url, headers, body),
    close: () => agent.destroy(),
  };
}

/** Does something with each element, so many at a time, and keeps their order. */
export async function each<T, R>(
  all: readonly T[],
  atOnce: number,
  work: (one: T, at: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < all.length) {
      const at = next;
      next += 1;
      results[at] = await work(all[at] as T, at);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}
