import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { peersHere } from "./peers.ts";
import { never, type Target } from "./target.ts";

const DOCUMENT = JSON.stringify({ enabled: true, keys: [{ kid: "none" }], recipientDisplayName: "Nobody" });

/** A server that looks at nothing and answers at once: what is measured with it is the generator. */
export async function startNull(): Promise<Target> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(request.method === "POST" ? 201 : 200, { "content-type": "application/json" }).end(DOCUMENT);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  return {
    name: "null",
    servers: [{ name: "null", origin: `http://${host}`, username: "", password: "", address: `nobody@${host}` }],
    recipients: 1000,
    peers: peersHere(),
    cpuSeconds: () => undefined,
    ended: never,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
