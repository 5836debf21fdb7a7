import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** Where a server listens, on loopback. */
export interface Place {
  /** @default a free one */
  port?: number | undefined;
  /** Several processes listen at the port: each of them has to say so. @default false */
  shared?: boolean;
}

/** Listens on loopback. The listener is made when the origin is known; early requests wait for it. */
export async function listen(
  make: (origin: string) => Promise<RequestListener>,
  { port = 0, shared = false }: Place = {},
): Promise<string> {
  const server = createServer();
  const place = { port, host: "127.0.0.1", reusePort: shared };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(place, resolve);
  });
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  server.on("request", await make(origin));
  return origin;
}
