import type { KeyObject } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createIdentity, type Identity, type PublicIdentity } from "./identity.ts";

/** The other server of the bench: it signs the requests, and takes the shares that it is sent. */
export interface Peer {
  identity: Identity;
  /** The shares that came, in the order in which they came. */
  shares: readonly ArrivedShare[];
  close(): Promise<void>;
}

export interface ArrivedShare {
  providerId: string;
  sharedSecret: string;
  /** The address of its resource, or what of it follows the address of all of them. */
  uri: string;
}

/** Serves the peer's discovery document, keys and POST /shares on loopback, at a free port. */
export async function startPeer(signWith?: KeyObject): Promise<Peer> {
  const shares: ArrivedShare[] = [];
  let documents: ReadonlyMap<string, string> = new Map();
  const server = createServer(async (request, response) => {
    const document = documents.get(request.url ?? "");
    if (request.method === "GET" && document !== undefined) {
      response.writeHead(200, { "content-type": "application/json" }).end(document);
    } else if (request.method === "POST" && request.url === "/ocm/shares") {
      const { providerId, protocol } = JSON.parse(await textOf(request));
      const { uri, sharedSecret } = protocol.webdav;
      shares.push({ providerId, uri, sharedSecret });
      response.writeHead(201, { "content-type": "application/json" }).end('{"recipientDisplayName":"A person"}');
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const identity = createIdentity(`localhost:${(server.address() as AddressInfo).port}`, signWith);
  documents = documentsOf(identity);
  return {
    identity,
    shares,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a peer serves about itself, by path. */
export function documentsOf({ host, keyid, publicJwk }: PublicIdentity): Map<string, string> {
  const origin = `http://${host}`;
  const discovery = {
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: `${origin}/ocm`,
    provider: "koa-ocm bench",
    resourceTypes: [{ name: "file", shareTypes: ["user"], protocols: { webdav: "/ocm/dav/" } }],
    capabilities: ["exchange-token", "http-sig", "protocol-object"],
    tokenEndPoint: `${origin}/ocm/token`,
    jwksUri: `${origin}/ocm/jwks.json`,
  };
  const jwks = { keys: [{ ...publicJwk, kid: keyid, alg: "Ed25519", use: "sig" }] };
  return new Map([
    ["/.well-known/ocm", JSON.stringify(discovery)],
    ["/ocm/jwks.json", JSON.stringify(jwks)],
  ]);
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
