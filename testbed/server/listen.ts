import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Credentials } from "../tls/authority.ts";

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

/** An HTTP server, with TLS or without. */
export type WebServer = Server | TlsServer;

/** How a server listens. */
export interface Listening {
  /** The only address to listen on, such as `0.0.0.0`. @default every loopback address that this machine has */
  host?: string | undefined;
  /** What it shows of itself; absent: it speaks plain HTTP. */
  tls?: Credentials | undefined;
}

/**
 * Listens on every loopback address that this machine has, or on one address. With port 0 the first address chooses a port for all.
 *
 * @throws PortTaken
 */
export async function listen(
  port: number,
  listener: RequestListener,
  { host, tls }: Listening = {},
): Promise<{ servers: WebServer[]; port: number }> {
  const servers: WebServer[] = [];
  let chosen = port;
  for (const address of host === undefined ? LOOPBACK : [host]) {
    try {
      const server = await listening(address, chosen, listener, tls);
      chosen = (server.address() as AddressInfo).port;
      servers.push(server);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (host !== undefined || (code !== "EADDRNOTAVAIL" && code !== "EAFNOSUPPORT")) {
        await closeServers(servers);
        throw code === "EADDRINUSE" || code === "EACCES" ? new PortTaken(port, error) : error;
      }
    }
  }
  return { servers, port: chosen };
}

/** Stops listening, lets requests end that are under way, and cuts those that take longer than `graceMs`. */
export async function closeServers(servers: WebServer[], graceMs = 2000): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  const cut = setTimeout(() => {
    for (const server of servers) {
      server.closeAllConnections();
    }
  }, graceMs);
  await Promise.all(closed);
  clearTimeout(cut);
}

function listening(
  host: string,
  port: number,
  listener: RequestListener,
  tls: Credentials | undefined,
): Promise<WebServer> {
  return new Promise((resolve, reject) => {
    const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    server.once("error", reject);
    server.listen({ host, port, ipv6Only: true }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
