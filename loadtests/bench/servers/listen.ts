import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** Listens on loopback at a free port. The listener is made when the origin is known; early requests wait for it. */
export async function listen(make: (origin: string) => Promise<RequestListener>): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  server.on("request", await make(origin));
  return origin;
}
