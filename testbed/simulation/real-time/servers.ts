import type { RequestListener } from "node:http";
import Koa from "koa";
import { createOcm, machine, type Ocm } from "../../../plugin/index.ts";
import { closeServers, listen } from "../../server/listen.ts";
import { type MemoryFiles, memoryFiles } from "../files.ts";
import { SILENT } from "../virtual-server.ts";

/** A plugin instance with a socket on this machine. */
export interface RealServer {
  host: string;
  ocm: Ocm;
  files: MemoryFiles;
  close(): Promise<void>;
}

/** Peers are on this machine, and nobody has to be introduced. */
const PEERS = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true, known: true } };

/** One server on a free port. Everybody is on it whose identifier is asked for. */
export async function openRealServer(): Promise<RealServer> {
  const { promise: listener, resolve: open } = Promise.withResolvers<RequestListener>();
  const { servers, port } = await listen(0, async (...exchange) => (await listener)(...exchange));
  const host = `localhost:${port}`;
  const files = memoryFiles(() => Date.now());
  const system = machine();
  const ocm = await createOcm({
    origin: `http://${host}`,
    database: "file::memory:",
    host: {
      users: { find: async (id) => ({ id, displayName: id }) },
      files,
      session: { authenticate: async () => undefined, forgery: () => null },
    },
    peers: PEERS,
    pages: false,
    userApi: false,
    limits: { requestsPerPeer: 1_000_000 },
    logger: SILENT,
    system,
  });
  const app = new Koa();
  app.silent = true;
  app.use(ocm.middleware());
  open(app.callback());
  return {
    host,
    ocm,
    files,
    async close() {
      await closeServers(servers, 0);
      await ocm.close();
      await system.close();
    },
  };
}
