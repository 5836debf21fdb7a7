import { createHash, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from "node:crypto";

/** The bench as a peer: the key that signs its requests, and what the other servers know of it. */
export interface Identity {
  /** Host and port of its OCM Addresses. */
  host: string;
  keyid: string;
  publicJwk: JsonWebKey;
  /** As JWK, since it goes to the process that signs. */
  privateJwk: JsonWebKey;
}

/** What a server under load is told of it. */
export type PublicIdentity = Omit<Identity, "privateJwk">;

/** A new Ed25519 key for the peer at this host. `signWith` signs instead of it, so that nothing that is signed can be right. */
export function createIdentity(host: string, signWith?: KeyObject): Identity {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { crv, kty, x } = createPublicKey(privateKey).export({ format: "jwk" });
  const thumbprint = createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
  return {
    host,
    keyid: `https://${host}/ocm#${thumbprint}`,
    publicJwk: { kty, crv, x },
    privateJwk: (signWith ?? privateKey).export({ format: "jwk" }),
  };
}
