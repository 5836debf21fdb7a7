import { createHash, generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { createIdentity, type Identity } from "../bench/identity.ts";
import type { WorldPeer } from "../k6/shared/world.ts";

/** A share that a peer was sent. */
interface ArrivedShare {
  providerId: string;
  sharedSecret: string;
  /** Its address, or what of it follows the address of all of them. */
  uri: string;
}

/** Another server, which signs what is sent, publishes its keys, and takes the shares that it is sent. */
export interface LoadPeer {
  /** With an Ed25519 key, for what is signed before a run. */
  identity: Identity;
  /** The same server with a P-256 key, for what k6 signs. */
  world: WorldPeer;
  /** Shares by the name of their receiver. */
  shares: ReadonlyMap<string, ArrivedShare>;
}

export interface Peers {
  all: LoadPeer[];
  close(): Promise<void>;
}

/** Where the servers under load find the peers. */
export interface PeerPlace {
  /** The name or address by which they reach this machine. */
  host: string;
  /** The address to listen on. */
  listen: string;
}

const HERE: PeerPlace = { host: "localhost", listen: "127.0.0.1" };

export async function startPeers(count: number, place: PeerPlace = HERE): Promise<Peers> {
  const started = await Promise.all(Array.from({ length: count }, () => startPeer(place)));
  return {
    all: started.map(({ peer }) => peer),
    close: async () => {
      await Promise.all(started.map(({ server }) => closed(server)));
    },
  };
}

async function startPeer({ host, listen }: PeerPlace): Promise<{ peer: LoadPeer; server: Server }> {
  const shares = new Map<string, ArrivedShare>();
  let documents = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const document = documents.get(request.url ?? "");
    const json = { "content-type": "application/json" };
    if (request.method === "GET" && document !== undefined) {
      response.writeHead(200, json).end(document);
    } else if (request.method === "POST" && request.url === "/ocm/shares") {
      const share = JSON.parse(await textOf(request));
      const { sharedSecret, uri } = share.protocol.webdav;
      shares.set(share.shareWith.split("@")[0], { providerId: share.providerId, sharedSecret, uri });
      response.writeHead(201, json).end('{"recipientDisplayName":"A person"}');
    } else if (request.method === "POST" && request.url === "/ocm/notifications") {
      await textOf(request);
      response.writeHead(201, json).end("{}");
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, listen, resolve));
  const identity = createIdentity(`${host}:${(server.address() as AddressInfo).port}`);
  const { world, publicJwk } = p256(identity.host);
  documents = documentsOf(identity, { ...publicJwk, kid: world.keyid, alg: "ES256", use: "sig" });
  return { peer: { identity, world, shares }, server };
}

function p256(host: string): { world: WorldPeer; publicJwk: JsonWebKey } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { kty = "", crv = "", x = "", y = "", d = "" } = privateKey.export({ format: "jwk" });
  const thumbprint = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
  return {
    world: { host, keyid: `https://${host}/ocm#${thumbprint}`, jwk: { kty, crv, x, y, d } },
    publicJwk: { kty, crv, x, y },
  };
}

function documentsOf({ host, keyid, publicJwk }: Identity, second: JsonWebKey): Map<string, string> {
  const origin = `http://${host}`;
  const discovery = {
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: `${origin}/ocm`,
    provider: "koa-ocm load test",
    resourceTypes: [{ name: "file", shareTypes: ["user"], protocols: { webdav: "/ocm/dav/" } }],
    capabilities: ["exchange-token", "http-sig", "protocol-object"],
    tokenEndPoint: `${origin}/ocm/token`,
    jwksUri: `${origin}/ocm/jwks.json`,
  };
  const jwks = { keys: [{ ...publicJwk, kid: keyid, alg: "Ed25519", use: "sig" }, second] };
  return new Map([
    ["/.well-known/ocm", JSON.stringify(discovery)],
    ["/ocm/jwks.json", JSON.stringify(jwks)],
  ]);
}

/** Hosts that are of no use: half of them refuse connections, half take them and never answer. */
export async function startDeadHosts(
  count: number,
  { host, listen }: PeerPlace = HERE,
): Promise<Peers & { hosts: string[] }> {
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
    all: [],
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

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
