import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import Koa from "koa";
import { pino } from "pino";
import { createOcm, type HostEntry, type HostFiles, type Ocm, type OcmOptions } from "../../plugin/index.ts";
import { closeServers, listen } from "../server/listen.ts";

/** A plugin instance with a socket, in this process. Everybody exists on it, has one file, and is who they say in `x-user`. */
export interface SmallServer {
  origin: string;
  host: string;
  ocm: Ocm;
  /** OCM Address of a person on it. */
  address(user: string): string;
  /** From now on connections are accepted and nothing is ever answered; its instance is gone. */
  becomeBlackHole(): Promise<void>;
  /** From now on connections are refused; its instance is gone. */
  becomeRefused(): Promise<void>;
  /** Nobody listens for a while; the instance stays. */
  pauseListening(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const entry: HostEntry = { name: "file.txt", type: "file", size: 0, modifiedAt: 0, etag: "1" };
const requests = new AsyncLocalStorage<{ outbound: number }>();

/** Runs a request to a small server and counts what requests to other servers it makes, itself or in what it starts. */
const counting = "x-count-outbound";

export async function smallServer(database = "file::memory:", options: Partial<OcmOptions> = {}): Promise<SmallServer> {
  const { promise: listener, resolve: open } = Promise.withResolvers<RequestListener>();
  const answer: RequestListener = async (...exchange) => (await listener)(...exchange);
  const wanted = options.origin === undefined ? 0 : Number(new URL(options.origin).port);
  let { servers, port } = await listen(wanted, answer);
  const host = `localhost:${port}`;
  const ocm = await createOcm({
    origin: `http://${host}`,
    database,
    host: {
      users: { find: async (id) => ({ id, displayName: id }) },
      files: { stat: async () => entry } as unknown as HostFiles,
      session: {
        authenticate: async ({ headers }) =>
          typeof headers["x-user"] === "string" ? { id: headers["x-user"] } : undefined,
        forgery: () => null,
      },
    },
    peers: { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } },
    logger: pino({ level: "silent" }),
    ...options,
  });
  const app = new Koa();
  app.use(async (ctx, next) => {
    const count = { outbound: 0 };
    await requests.run(count, next);
    ctx.set(counting, String(count.outbound));
  });
  app.use(ocm.middleware());
  open(app.callback());
  let hole: BlackHole | undefined;
  let closed = false;
  const closeInstance = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await closeServers(servers, 0);
    await ocm.close();
  };
  return {
    origin: `http://${host}`,
    host,
    ocm,
    address: (user) => `${user}@${host}`,
    async becomeBlackHole() {
      await closeInstance();
      hole = await blackHole(port);
    },
    becomeRefused: closeInstance,
    async pauseListening() {
      await closeServers(servers, 0);
      return async () => {
        ({ servers, port } = await listen(port, answer));
      };
    },
    async close() {
      await closeInstance();
      await hole?.close();
    },
  };
}

/** A server that accepts connections and answers nothing. */
export interface BlackHole {
  port: number;
  /** How many have connected so far. */
  connections(): number;
  close(): Promise<void>;
}

/** Opens a black hole on a port of 127.0.0.1; 0 chooses one. */
export async function blackHole(port = 0): Promise<BlackHole> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Counts requests to other servers in the requests that cause them, until it is told to stop. */
export function countOutbound(): () => void {
  const count = (): void => {
    const request = requests.getStore();
    if (request !== undefined) request.outbound += 1;
  };
  subscribe("undici:request:create", count);
  return () => unsubscribe("undici:request:create", count);
}

/** One request as a person: its answer, how long it took, and how many requests to other servers it made before it was answered. */
export async function ask(
  server: Pick<SmallServer, "origin">,
  user: string,
  method: string,
  path: string,
  json?: unknown,
): Promise<{ status: number; body: unknown; ms: number; outbound: number }> {
  const from = performance.now();
  const response = await fetch(`${server.origin}/ocm/api/v1${path}`, {
    method,
    headers: { "x-user": user, ...(json === undefined ? {} : { "content-type": "application/json" }) },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? undefined : JSON.parse(text),
    ms: performance.now() - from,
    outbound: Number(response.headers.get(counting)),
  };
}
