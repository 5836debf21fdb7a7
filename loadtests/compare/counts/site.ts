import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import Koa from "koa";
import pino from "pino";
import { createOcm, folderFiles, type HostFiles, machine, type Ocm, type System } from "../../../plugin/index.ts";

/** A server in this process whose every request can be looked at. */
export interface Site {
  ocm: Ocm;
  origin: string;
  host: string;
  /** Requests that it sent to others: method and path. */
  sent: string[];
  /** The last `Authorization` that it showed to others. */
  shown(): string;
  /** The answer that is being given to the request that came last. */
  answering(): ServerResponse;
  /** Bytes that were read of its people's files. */
  bytesRead(): number;
  close(): Promise<void>;
}

/** Everybody called `user` and a number lives here, and is who they say in `x-user`. */
export async function openSite(folder: string, database: string): Promise<Site> {
  const { promise: first, resolve: open } =
    Promise.withResolvers<(req: IncomingMessage, res: ServerResponse) => unknown>();
  let answering: ServerResponse | undefined;
  const server: Server = createServer(async (req, res) => {
    answering = res;
    (await first)(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const origin = `http://${host}`;
  const real = machine();
  const sent: string[] = [];
  let shown = "";
  const system: System = {
    ...real,
    // Nothing happens by itself, so that only what was asked for is counted.
    sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
    fetch(request) {
      sent.push(`${request.method} ${new URL(request.url).pathname}`);
      shown = request.headers.authorization ?? shown;
      return real.fetch(request);
    },
  };
  let bytesRead = 0;
  const ocm = await createOcm({
    origin,
    database,
    system,
    host: {
      users: { find: async (id) => (/^user\d+$/.test(id) ? { id, displayName: `The ${id}` } : undefined) },
      files: counting(
        folderFiles(() => folder),
        (bytes) => {
          bytesRead += bytes;
        },
      ),
      session: {
        authenticate: async ({ headers }) =>
          typeof headers["x-user"] === "string" ? { id: headers["x-user"] } : undefined,
        forgery: () => null,
      },
    },
    peers: { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } },
    logger: pino({ level: "silent" }),
  });
  await ocm.ready();
  const app = new Koa();
  app.silent = true;
  app.use(ocm.middleware());
  open(app.callback());
  return {
    ocm,
    origin,
    host,
    sent,
    shown: () => shown,
    answering() {
      if (answering === undefined) throw new Error("Nobody has asked for anything.");
      return answering;
    },
    bytesRead: () => bytesRead,
    async close() {
      server.closeAllConnections();
      server.close();
      await ocm.close();
      await real.close();
    },
  };
}

function counting(files: HostFiles, read: (bytes: number) => void): HostFiles {
  return {
    ...files,
    async open(user, path) {
      const file = await files.open(user, path);
      return {
        ...file,
        read(...range) {
          return Readable.from(seen(file.read(...range), read), { objectMode: false });
        },
      };
    },
  };
}

async function* seen(content: AsyncIterable<Buffer>, read: (bytes: number) => void) {
  for await (const chunk of content) {
    read(chunk.length);
    yield chunk;
  }
}
