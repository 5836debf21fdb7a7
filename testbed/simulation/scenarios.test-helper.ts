import { Readable } from "node:stream";
import type { Middleware } from "koa";
import type { DecisionEvent, HostSession } from "../../plugin/index.ts";
import { type Account, httpRole, type Role } from "../roles.ts";
import { type VirtualClock, virtualClock } from "./clock.ts";
import { createNetwork } from "./network.ts";
import { openVirtualServer } from "./virtual-server.ts";

/** Two people at two virtual servers, as scenarios know them. */
export interface VirtualCast {
  clock: VirtualClock;
  sender: Role;
  receiver: Role;
  /** Stands in for the fetch of whoever is outside of the servers. */
  fetch(url: string, request: RequestInit): Promise<Response>;
}

const PASSWORD = "a password";
const OUTSIDE = "outside.invalid";

/** Opens both servers. Their user API is reached by `fetch` alone. */
export async function openCast(seed: string): Promise<VirtualCast> {
  const clock = virtualClock(Date.UTC(2026, 0, 5, 8));
  const watch = { begun() {}, bytes() {}, answered() {}, ended() {} };
  const network = createNetwork({ clock, seed, watch });
  const open = async (name: string, username: string): Promise<Role> => {
    const host = `${name}.example`;
    const decisions: DecisionEvent[] = [];
    let isOpen = false;
    const opening = openVirtualServer({
      host,
      seed,
      clock,
      network,
      folder: null,
      ahead: 0,
      hasPerson: (id) => id === username,
      session: basic,
      routes: (_ocm, files) => siteRoutes(username, files, decisions),
      opened: (ocm) => void ocm.events.on("decision", (event) => void decisions.push(event)),
    });
    opening.finally(() => {
      isOpen = true;
    });
    await clock.run(() => isOpen);
    const { origin } = await opening;
    const account: Account = { username, password: PASSWORD, address: `${username}@${host}` };
    return httpRole({ name, origin }, account);
  };
  return {
    clock,
    sender: await open("alpha", "alice"),
    receiver: await open("beta", "bob"),
    async fetch(url, { method = "GET", headers, body }) {
      const sent = Object.fromEntries(new Headers(headers));
      const bytes =
        body instanceof Readable ? await whole(body) : body == null ? undefined : Buffer.from(body as string);
      const answer = await network.fetch(OUTSIDE, {
        method,
        url,
        headers: bytes === undefined ? sent : { ...sent, "content-length": String(bytes.length) },
        ...(bytes === undefined ? {} : { body: bytes }),
        connect: { refuse: () => null, timeout: 10_000 },
        headersTimeout: 25_000,
        idleTimeout: 25_000,
      });
      const { status } = answer;
      const content = status === 204 || status === 304 ? null : Uint8Array.from(await whole(answer.body));
      return new Response(content, { status, headers: answer.headers });
    },
  };
}

async function whole(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const basic: HostSession = {
  async authenticate({ headers }) {
    const text = Buffer.from(String(headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString("utf8");
    const [id = "", password] = text.split(":");
    return password === PASSWORD ? { id } : undefined;
  },
  forgery: () => null,
};

/** The routes of a demo server that a role uses beside the user API: own files, and what happened. */
function siteRoutes(
  user: string,
  files: Parameters<NonNullable<Parameters<typeof openVirtualServer>[0]["routes"]>>[1],
  decisions: readonly DecisionEvent[],
): Middleware {
  return async (ctx, next) => {
    const path = decodeURIComponent(ctx.path).replace(/^\/files/, "");
    if (ctx.path === "/events") {
      ctx.body = { items: decisions.map((event, seq) => ({ ...event, seq, outcome: null })) };
    } else if (path === decodeURIComponent(ctx.path)) await next();
    else if (ctx.method === "PUT") {
      files.put(user, path, await whole(ctx.req));
      ctx.status = 204;
    } else if (ctx.method === "DELETE") {
      await files.remove(user, path);
      ctx.status = 204;
    } else ctx.body = await whole((await files.open(user, path)).read());
  };
}
