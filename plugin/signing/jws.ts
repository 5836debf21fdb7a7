import { createPublicKey, type KeyObject } from "node:crypto";
import type { PublicJwk } from "../ports/crypto.ts";
import type { System } from "../ports/system.ts";
import type { Jws } from "../protocol/jws.ts";
import { algorithmOf, importPublicJwk, type SignatureAlgorithm } from "./jwk.ts";

/** A key that an operator was given by hand, with the one algorithm that it is for. */
export interface PinnedKey {
  algorithm: SignatureAlgorithm;
  key: KeyObject;
  kid: string | null;
}

/**
 * Reads a public key in PEM form or as a JWK.
 * @throws TypeError when it is none, or not of an accepted algorithm
 */
export function pinnedKey(given: string | PublicJwk): PinnedKey {
  const jwk = typeof given === "string" ? jwkOfPem(given) : given;
  const algorithm = algorithmOf(jwk);
  if (algorithm === undefined) {
    throw new TypeError("it is of no accepted algorithm: Ed25519, ECDSA P-256 or ECDSA P-384");
  }
  try {
    return { algorithm, key: importPublicJwk(jwk), kid: jwk.kid ?? null };
  } catch (cause) {
    throw new TypeError("it is no public key as a JWK", { cause });
  }
}

/**
 * Is this signed by one of the keys? The algorithm is that of the key, and what the JWS names has to be the same; a `kid` that is pinned
 * picks its key.
 */
export async function isSignedBy(
  { verify }: Pick<System, "verify">,
  jws: Jws,
  keys: readonly PinnedKey[],
): Promise<boolean> {
  const named = keys.filter(({ kid }) => kid !== null && kid === jws.kid);
  for (const { algorithm, key } of named.length > 0 ? named : keys) {
    if (!algorithm.jose.includes(jws.alg)) continue;
    if (await verify(algorithm.hash, jws.signingInput, key, jws.signature)) return true;
  }
  return false;
}

function jwkOfPem(pem: string): PublicJwk {
  try {
    const { kty = "", crv = "", x = "", y = "" } = createPublicKey(pem).export({ format: "jwk" });
    return { kty, crv, x, ...(y === "" ? {} : { y }) };
  } catch (cause) {
    throw new TypeError("it is no public key in PEM form", { cause });
  }
}
