import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { PublicJwk } from "../ports/crypto.ts";

/** A key of somebody who signs, such as a Directory Service. */
export interface SigningKey {
  alg: string;
  privateKey: KeyObject;
  jwk: PublicJwk;
  pem: string;
}

/** Makes a key for one of the accepted algorithms, by its name in the JOSE registry. */
export function signingKey(alg: "EdDSA" | "Ed25519" | "ES256" | "ES384"): SigningKey {
  const { privateKey, publicKey } = alg.startsWith("Ed")
    ? generateKeyPairSync("ed25519")
    : generateKeyPairSync("ec", { namedCurve: alg === "ES256" ? "P-256" : "P-384" });
  // Node gives exactly the public members.
  const jwk = publicKey.export({ format: "jwk" }) as PublicJwk;
  return { alg, privateKey, jwk, pem: publicKey.export({ format: "pem", type: "spki" }).toString() };
}

/** Signs a payload as a JWS by the means of Node alone; the header can say anything. */
export function signJws(
  payload: string | object,
  { alg, privateKey }: SigningKey,
  { form = "flattened", header = {} }: { form?: "flattened" | "compact"; header?: object } = {},
): string {
  const encode = (value: string | object) =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  const head = encode({ alg, ...header });
  const body = encode(payload);
  const hash = { ES256: "sha256", ES384: "sha384" }[alg] ?? null;
  const data = Buffer.from(`${head}.${body}`);
  const signature = sign(hash, data, { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
  return form === "compact"
    ? `${head}.${body}.${signature}`
    : JSON.stringify({ payload: body, protected: head, signature });
}
