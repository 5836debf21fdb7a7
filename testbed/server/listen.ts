import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** The addresses that the name localhost can mean. */
const LOOPBACK = ["127.0.0.1", "::1"];

/** A port that cannot be listened on, as it is in use or not ours to take. */
export class PortTaken extends Error {
  readonly port: number;
  constructor(port: number, cause: unknown) {
    super(`Port ${port} is taken.`, { cause });
    this.port = port;
  }
}

/**
 * Listens on every loopback address that this machine has. With port 0 the first address chooses a port for all.
 *
 * @throws PortTaken
 */
export async function listenOnLoopback(
  port: number,
  listener: RequestListener,
): Promise<{ servers: Server[]; port: number }> {
  const servers: Server[] = [];
  let chosen = port;
  for (const address of LOOPBACK) {
    try {
      const server = await listening(address, chosen, listener);
      chosen = (server.address() as AddressInfo).port;
      servers.push(server);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EADDRNOTAVAIL" && code !== "EAFNOSUPPORT") {
        await closeServers(servers);
        throw code === "EADDRINUSE" || code === "EACCES" ? new PortTaken(port, error) : error;
      }
    }
  }
  return { servers, port: chosen };
}

/** Stops listening, lets requests end that are under way, and cuts those that take longer than `graceMs`. */
export async function closeServers(servers: Server[], graceMs = 2000): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  const cut = setTimeout(() => {
    for (const server of servers) {
      server.closeAllConnections();
    }
  }, graceMs);
  await Promise.all(closed);
  clearTimeout(cut);
}

function listening(host: string, port: number, listener: RequestListener): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(listener);
    server.once("error", reject);
    server.listen({ host, port, ipv6Only: true }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
