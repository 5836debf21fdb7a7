import { createServer } from "node:http";
import { createInterface } from "node:readline";
import Koa from "koa";
import { pino } from "pino";
import { createOcm, type HostEntry, type HostFiles } from "../../plugin/index.ts";

// A process with one plugin instance, made the way a host would: `node instance.test-helper.ts ORIGIN DATABASE [PORT]`. It prints its
// key ids when it is ready, shares its one file with each address that comes on its standard input, and closes when that ends.
// Nothing is done to end the process: it has to end by itself.
const [, , origin = "", database = "", port] = process.argv;
const entry: HostEntry = { name: "file.txt", type: "file", size: 0, modifiedAt: 0, etag: "1" };
const ocm = await createOcm({
  origin,
  database,
  host: {
    users: { find: async (id) => (id === "alice" ? { id, displayName: "Alice" } : undefined) },
    files: { stat: async () => entry } as unknown as HostFiles,
    session: { authenticate: async () => undefined, forgery: () => null },
  },
  peers: { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } },
  logger: pino({ level: "silent" }),
});
await ocm.ready();

const server = createServer(new Koa().use(ocm.middleware()).callback());
if (port !== undefined) await new Promise<void>((resolve) => server.listen(Number(port), "127.0.0.1", resolve));
console.log(JSON.stringify((await ocm.operator.keys()).map(({ kid }) => kid)));

const lines = createInterface({ input: process.stdin });
lines.on("line", async (shareWith) => {
  const { status } = await ocm.api.sent.create("alice", { path: "/file.txt", shareWith });
  console.log(status);
});
lines.on("close", () => {
  server.close();
  void ocm.close();
});
