import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { createPeerBook } from "../../testbed/docker/peers/book.ts";
import { type LoadPeer, newPeer } from "./peer-identity.ts";

export interface Peers {
  all: LoadPeer[];
  close(): Promise<void>;
}

/** Hosts that are of no use. */
export interface DeadHosts {
  hosts: string[];
  close(): Promise<void>;
}

/** Where servers under load find other servers. */
export interface PeerGround {
  start(count: number): Promise<Peers>;
  startDead(count: number): Promise<DeadHosts>;
}

/** Servers on this machine, as those under load find it. */
export interface PeerPlace {
  /** The name or address by which they reach this machine. */
  host: string;
  /** The address to listen on. */
  listen: string;
}

const HERE: PeerPlace = { host: "localhost", listen: "127.0.0.1" };

/** Peers that are servers of this process, over plain HTTP, each at a port of its own. */
export function peersHere(place: PeerPlace = HERE): PeerGround {
  return {
    async start(count) {
      const started = await Promise.all(Array.from({ length: count }, () => startPeer(place)));
      return {
        all: started.map(({ peer }) => peer),
        close: async () => {
          await Promise.all(started.map(({ server }) => closed(server)));
        },
      };
    },
    startDead: (count) => startDeadHosts(count, place),
  };
}

async function startPeer({ host: name, listen }: PeerPlace): Promise<{ peer: LoadPeer; server: Server }> {
  const book = createPeerBook();
  const server = createServer(book.listener);
  await new Promise<void>((resolve) => server.listen(0, listen, resolve));
  const host = `${name}:${(server.address() as AddressInfo).port}`;
  const { documents, ...peer } = newPeer(host, "http");
  book.publish({ [host]: documents });
  return { peer: { ...peer, share: async (person) => book.share(host, person) ?? null }, server };
}

/** Half of them refuse connections, half take them and never answer. */
async function startDeadHosts(count: number, { host, listen }: PeerPlace): Promise<DeadHosts> {
  const sockets = new Set<{ destroy(): void }>();
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createTcpServer((socket) => {
        sockets.add(socket);
        socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
      });
      await new Promise<void>((resolve) => server.listen(0, listen, resolve));
      return server;
    }),
  );
  const hosts = servers.map((server) => `${host}:${(server.address() as AddressInfo).port}`);
  const close = (server: (typeof servers)[number]) => new Promise<void>((resolve) => server.close(() => resolve()));
  const silent = servers.slice(Math.floor(count / 2));
  // Their ports were free a moment ago, and nobody listens there now.
  await Promise.all(servers.slice(0, Math.floor(count / 2)).map(close));
  return {
    hosts,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(silent.map(close));
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
