import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import Koa from "koa";
import { Agent, request } from "undici";
import { expect } from "vitest";
import { memoryTreeStore } from "../access/memory-store.test-helper.ts";
import { memoryShares } from "../access/mounted/memory-shares.test-helper.ts";
import { passwordsApi } from "../access/passwords/app-passwords.ts";
import { basic, handClock, memoryCounters, memoryPasswords } from "../access/passwords/passwords.test-helper.ts";
import { incomingShare, profileOf } from "../access/remote/peer-client.test-helper.ts";
import { createRemoteAccess } from "../access/remote/remote-access.ts";
import {
  outgoingShare,
  type RawReply,
  raw,
  type ShareServer,
  sha256,
  startShareServer,
  testSealer,
  testSystem,
} from "../access/share-server.test-helper.ts";
import { createTransfers } from "../access/transfers.ts";
import { OcmEvents } from "../events.ts";
import type { Logger } from "../ports/log.ts";
import { type PeerClient, PeerFailure } from "../ports/peer-client.ts";
import type { IncomingShare, OutgoingShare } from "../ports/records.ts";
import { NO_TELEMETRY } from "../ports/telemetry.ts";
import { remoteDavRoutes } from "./dav-remote.ts";
import { mount } from "./mount.ts";

/** A server with the tree of received shares in it, and the owners' servers beside it, all talking real HTTP. */
export interface World {
  origin: string;
  /** URL of the tree, without a slash at the end. */
  url: string;
  shares: Map<string, IncomingShare>;
  clock: ReturnType<typeof handClock>;
  /** Codes of the refusals that the log was told. */
  logged: string[];
  /** Hosts whose breaker is open. */
  broken: Set<string>;
  /** Starts an owner's server. */
  owner(): Promise<ShareServer>;
  /** Shares the owner's folder, or a file in it, with bob, who has accepted. Gives the id of what he received. */
  share(owner: ShareServer, changes?: Partial<IncomingShare>, sent?: Partial<OutgoingShare>): string;
  /** An Authorization header of a new app password. */
  password(user?: string): Promise<string>;
  revokeAll(user?: string): Promise<void>;
  /** A request with an app password of bob, whose path below the tree goes out as it is written. */
  ask(method: string, path: string, options?: Parameters<typeof raw>[3]): Promise<RawReply>;
  /** A PROPFIND by him, of depth 1 if nothing else is said. */
  propfind(path: string, depth?: string): Promise<RawReply>;
  close(): Promise<void>;
}

/** `x-session` names who is logged in, `x-factor` says that it was with two factors, `x-csrf` is what the host asks for. */
export async function startWorld(): Promise<World> {
  const clock = handClock(Date.now());
  const shares = new Map<string, IncomingShare>();
  const passwords = memoryPasswords();
  const broken = new Set<string>();
  const agent = new Agent();
  const owners: ShareServer[] = [];
  const logged: string[] = [];
  const log: Logger = {
    debug() {},
    info: (fields) => void logged.push(JSON.stringify(fields)),
    warn: (fields) => void logged.push(JSON.stringify(fields)),
    error: (fields) => void logged.push(String((fields as { err?: Error }).err?.stack)),
    child: () => log,
  };
  const soon = () => new Promise<void>((resolve) => setImmediate(resolve));
  const system = { ...testSystem, now: clock.now, random: clock.random, soon };
  const store = {
    incoming: memoryShares(shares),
    passwords,
    counters: memoryCounters(),
    ...memoryTreeStore(),
  };
  const app = new Koa();
  app.silent = true;
  const server = createServer((incoming, response) => void app.callback()(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const remote = createRemoteAccess({
    store,
    peers: peerClient(agent, broken),
    sealer: testSealer(),
    system,
    ownHost: "b.example",
    logger: log,
    telemetry: NO_TELEMETRY,
  });
  const session = {
    authenticate: async ({ headers }: { headers: NodeJS.Dict<string | string[]> }) => {
      const id = headers["x-session"];
      return typeof id === "string" ? { id, secondFactor: headers["x-factor"] === "yes" } : undefined;
    },
    forgery: ({ headers }: { headers: NodeJS.Dict<string | string[]> }) =>
      headers["x-csrf"] === "ok" ? null : "The request has no token.",
  };
  const routes = remoteDavRoutes({
    session,
    users: { find: async (id) => ({ id, displayName: id }) },
    remote,
    store: store as unknown as Parameters<typeof remoteDavRoutes>[0]["store"],
    system,
    transfers: createTransfers(system),
    ownHost: "b.example",
    publicPrefix: "/ocm",
    origin,
  });
  app.use(
    mount({
      routes,
      prefix: "/ocm",
      publicPath: "",
      documents: () => new Map(),
      session,
      system: system as unknown as Parameters<typeof mount>[0]["system"],
      log,
      events: new OcmEvents(),
      telemetry: NO_TELEMETRY,
      firstRequest() {},
    }).middleware(),
  );
  const api = passwordsApi({ store: { passwords }, system });
  let count = 0;
  const world: World = {
    origin,
    url: `${origin}/ocm/dav/remote`,
    shares,
    clock,
    logged,
    broken,
    async owner() {
      const owner = await startShareServer();
      owners.push(owner);
      return owner;
    },
    share(owner, changes = {}, sent = {}) {
      count += 1;
      const id = `received-${count}`;
      const providerId = `share-${count}`;
      owner.shares.set(providerId, outgoingShare({ id: providerId, secretHash: sha256(`secret-${count}`), ...sent }));
      const record = incomingShare(owner.origin, {
        id,
        providerId,
        uri: providerId,
        createdAt: count,
        secret: { keyId: "none", data: `secret-${count}` },
        ...changes,
      });
      shares.set(id, record);
      return id;
    },
    async password(user = "bob") {
      const { password } = await api.create(user, "a program");
      return basic(user, password);
    },
    async revokeAll(user = "bob") {
      for (const { id } of await api.list(user)) await api.revoke(user, id);
    },
    async ask(method, path, options = {}) {
      const authorization = options.headers?.authorization ?? (await known());
      return raw({ origin }, method, `/ocm/dav/remote${path}`, {
        ...options,
        headers: { authorization, ...options.headers },
      });
    },
    propfind: (path, depth = "1") => world.ask("PROPFIND", path, { headers: { depth } }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await agent.destroy();
      await Promise.all(owners.map((owner) => owner.close()));
    },
  };
  let mine: string | undefined;
  async function known(): Promise<string> {
    mine ??= await world.password();
    return mine;
  }
  return world;
}

/** As `startWorld`, with the server of alice, whose folder has the file `a.txt` and the folder `sub`. */
export async function worldWithAlice(): Promise<{ world: World; alice: ShareServer }> {
  const world = await startWorld();
  const alice = await world.owner();
  await writeFile(join(alice.home, "docs", "a.txt"), "hello world");
  await mkdir(join(alice.home, "docs", "sub"));
  return { world, alice };
}

/** The addresses in a multistatus, in order. */
export function hrefs(text: string): string[] {
  return [...text.matchAll(/<d:href>([^<]*)<\/d:href>/g)].map(([, href = ""]) => href);
}

/** The `response` element of one address. */
export function responseOf(text: string, href: string): string {
  return text.split("<d:response>").find((part) => part.includes(`<d:href>${href}</d:href>`)) ?? "";
}

/** What an owner's server was asked, but for tokens. */
export function methods(server: ShareServer): string[] {
  return server.seen.filter(({ url }) => !url.endsWith("/token")).map(({ method }) => method);
}

export async function eventually(what: () => boolean): Promise<void> {
  // Endless bodies leave little of a busy machine for anything else.
  for (let tries = 0; tries < 600 && !what(); tries += 1) await wait(20);
  expect(what()).toBe(true);
}

function peerClient(agent: Agent, broken: ReadonlySet<string>): PeerClient {
  const trouble = (host: string, cause: unknown) =>
    new PeerFailure("peer-unreachable", host, `${host} does not answer.`, { cause: cause as Error });
  return {
    discover: async (host) => profileOf(`http://${host}`),
    async post({ host, body }) {
      if (!("form" in body)) throw new TypeError("Only token requests are made.");
      const answer = await request(`http://${host}/ocm/token`, {
        dispatcher: agent,
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(body.form).toString(),
      }).catch((cause) => {
        throw trouble(host, cause);
      });
      return { status: answer.statusCode, body: await answer.body.json(), retryAfter: null };
    },
    async stream({ host, method, url, headers, body, signal }) {
      const options = { dispatcher: agent, method, headers, body, signal } as Parameters<typeof request>[1];
      const answer = await request(url, options).catch((cause) => {
        throw trouble(host, cause);
      });
      const fields = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
      return { status: answer.statusCode, headers: Object.fromEntries(fields), body: answer.body };
    },
    health: async () => undefined,
    isUnreachable: (host) => broken.has(host),
  };
}
