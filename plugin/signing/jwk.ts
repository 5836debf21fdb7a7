import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import type { PublicJwk } from "../ports/crypto.ts";

/** A JWK Set (RFC 7517 section 5) of public keys. */
export interface JwkSet {
  keys: PublicJwk[];
}

/** An asymmetric algorithm that signatures may use here. */
export interface SignatureAlgorithm {
  /** Name in the registry of HTTP signature algorithms (RFC 9421 section 3.3). */
  name: "ed25519" | "ecdsa-p256-sha256" | "ecdsa-p384-sha384";
  /** Names in the JOSE registry that a JWK may give in `alg`, the preferred one first (RFC 7518, RFC 8037, RFC 9864). */
  jose: readonly string[];
  kty: "OKP" | "EC";
  crv: "Ed25519" | "P-256" | "P-384";
  /** Hash for the verification; null where the algorithm has its own. */
  hash: "sha256" | "sha384" | null;
}

const ALGORITHMS: readonly SignatureAlgorithm[] = [
  { name: "ed25519", jose: ["Ed25519", "EdDSA"], kty: "OKP", crv: "Ed25519", hash: null },
  { name: "ecdsa-p256-sha256", jose: ["ES256"], kty: "EC", crv: "P-256", hash: "sha256" },
  { name: "ecdsa-p384-sha384", jose: ["ES384"], kty: "EC", crv: "P-384", hash: "sha384" },
];

/** Is this one of the HTTP signature algorithms that are accepted? RSA, symmetric algorithms and `none` are not. */
export function isAcceptedAlgorithm(name: string): boolean {
  return ALGORITHMS.some((algorithm) => algorithm.name === name);
}

/**
 * The algorithm of a JWK: from `kty` and `crv`, with which `alg` has to agree where it is there (D-19, D-20). Undefined: the key
 * is of no accepted algorithm, or contradicts itself.
 */
export function algorithmOf(jwk: PublicJwk): SignatureAlgorithm | undefined {
  const algorithm = ALGORITHMS.find(({ kty, crv }) => kty === jwk.kty && crv === jwk.crv);
  if (algorithm === undefined) return undefined;
  return jwk.alg === undefined || algorithm.jose.includes(jwk.alg) ? algorithm : undefined;
}

/** Imports a public key of an accepted algorithm; any other member, a private one too, is left out. @throws Error if it is no key */
export function importPublicJwk({ kty, crv, x, y }: PublicJwk): KeyObject {
  return createPublicKey({ key: { kty, crv, x, y }, format: "jwk" });
}

const THUMBPRINT_MEMBERS: ReadonlyMap<string, readonly (keyof PublicJwk)[]> = new Map([
  ["EC", ["crv", "kty", "x", "y"]],
  ["OKP", ["crv", "kty", "x"]],
  ["RSA", ["e", "kty", "n"]],
]);

/** The SHA-256 thumbprint of a key, base64url (RFC 7638, for OKP RFC 8037). @throws Error if a member is missing */
export function thumbprint(jwk: PublicJwk): string {
  const members = THUMBPRINT_MEMBERS.get(jwk.kty);
  if (members === undefined || members.some((member) => typeof jwk[member] !== "string")) {
    throw new Error(`A JWK of type ${JSON.stringify(jwk.kty)} lacks what a thumbprint needs.`);
  }
  const canonical = JSON.stringify(Object.fromEntries(members.map((member) => [member, jwk[member]])));
  return createHash("sha256").update(canonical).digest("base64url");
}

/**
 * A key of this server as it is published: public members only, and `kid` is `{origin}/ocm#{thumbprint}` whatever the prefix of
 * the API is, for peers differ in what they want of a keyid and this form suits each (SIG-01, D-08, D-16, D-19).
 */
export function publishedJwk(privateKey: KeyObject, origin: string): PublicJwk & { kid: string } {
  const { crv, x } = createPublicKey(privateKey).export({ format: "jwk" });
  const jwk: PublicJwk = { kty: "OKP", crv, x };
  return { ...jwk, kid: `${origin}/ocm#${thumbprint(jwk)}`, alg: "Ed25519", use: "sig" };
}
