import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Listens on loopback, at a free port unless one is given, which several processes may share. The listener is made when the origin is
 * known; early requests wait for it.
 */
export async function listen(make: (origin: string) => Promise<RequestListener>, port?: number): Promise<string> {
  const server = createServer();
  const place = { port: port ?? 0, host: "127.0.0.1", reusePort: port !== undefined };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(place, resolve);
  });
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  server.on("request", await make(origin));
  return origin;
}
