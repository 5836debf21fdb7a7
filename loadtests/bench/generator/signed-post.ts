import { createHash, createPrivateKey, type KeyObject, sign } from "node:crypto";
import type { Identity } from "../identity.ts";

export interface Signing {
  /** Host for which the key speaks. */
  host: string;
  keyid: string;
  key: KeyObject;
}

export interface Post {
  url: string;
  mediaType: string;
  body: string;
  /** Makes the signature a new one where all else is the same (RFC 9421 section 2.3). */
  nonce?: string;
}

export function signingOf({ host, keyid, privateJwk }: Identity): Signing {
  return { host, keyid, key: createPrivateKey({ key: privateJwk, format: "jwk" }) };
}

/** The bytes of a POST request, signed as OCM servers do (RFC 9421, Ed25519) in the thread pool. */
export async function signedPost({ url, mediaType, body, nonce }: Post, { keyid, key }: Signing): Promise<Buffer> {
  const { host, pathname } = new URL(url);
  const now = new Date();
  const length = Buffer.byteLength(body);
  const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
  const created = Math.floor(now.getTime() / 1000);
  const params =
    `("@method" "@target-uri" "content-digest" "content-length" "date");created=${created};` +
    `keyid="${keyid}";alg="ed25519"${nonce === undefined ? "" : `;nonce="${nonce}"`};tag="ocm"`;
  const base = [
    '"@method": POST',
    `"@target-uri": ${url}`,
    `"content-digest": ${digest}`,
    `"content-length": ${length}`,
    `"date": ${now.toUTCString()}`,
    `"@signature-params": ${params}`,
  ].join("\n");
  const signature = await signed(base, key);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    "Accept: application/json",
    `Content-Type: ${mediaType}`,
    `Content-Length: ${length}`,
    `Content-Digest: ${digest}`,
    `Date: ${now.toUTCString()}`,
    `Signature-Input: ocm=${params}`,
    `Signature: ocm=:${signature.toString("base64")}:`,
  ].join("\r\n");
  return Buffer.from(`${head}\r\n\r\n${body}`);
}

function signed(base: string, key: KeyObject): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign(null, Buffer.from(base), key, (error, signature) => (error === null ? resolve(signature) : reject(error)));
  });
}
