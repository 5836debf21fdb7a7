import { createHash, generateKeyPairSync, type JsonWebKey } from "node:crypto";
import type { ArrivedShare } from "../../testbed/docker/peers/book.ts";
import { createIdentity, type Identity } from "../bench/identity.ts";
import type { WorldPeer } from "../k6/shared/world.ts";

/** Another server, which signs what is sent, publishes its keys, and takes the shares that it is sent. */
export interface LoadPeer {
  /** With an Ed25519 key, for what is signed before a run. */
  identity: Identity;
  /** The same server with a P-256 key, for what k6 signs. */
  world: WorldPeer;
  /** The share that it was sent for a person; null: none. */
  share(person: string): Promise<ArrivedShare | null>;
}

/** The keys of a peer, and the documents that it publishes, by path. */
export type NewPeer = Omit<LoadPeer, "share"> & { documents: Record<string, string> };

export function newPeer(host: string, scheme: "http" | "https"): NewPeer {
  const identity = createIdentity(host);
  const { world, publicJwk } = p256(host);
  const second = { ...publicJwk, kid: world.keyid, alg: "ES256", use: "sig" };
  return { identity, world, documents: documentsOf(identity, second, scheme) };
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

function documentsOf(
  { host, keyid, publicJwk }: Identity,
  second: JsonWebKey,
  scheme: "http" | "https",
): Record<string, string> {
  const origin = `${scheme}://${host}`;
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
  return { "/.well-known/ocm": JSON.stringify(discovery), "/ocm/jwks.json": JSON.stringify(jwks) };
}
