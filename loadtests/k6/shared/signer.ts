import encoding from "k6/encoding";
import type { PreparedRequest, WorldPeer } from "./world.ts";

/** What is used of WebCrypto, which k6 has as a global and names no types for. */
interface Subtle {
  importKey(format: "jwk", key: object, algorithm: object, extractable: boolean, usages: string[]): Promise<object>;
  sign(algorithm: object, key: object, data: ArrayBuffer): Promise<ArrayBuffer>;
  digest(algorithm: string, data: ArrayBuffer): Promise<ArrayBuffer>;
}
const { subtle } = (globalThis as unknown as { crypto: { subtle: Subtle } }).crypto;

/** Keys of this virtual user. */
const keys: Record<string, Promise<object>> = {};

/** A POST, signed now with the P-256 key of a peer (RFC 9421, `ecdsa-p256-sha256`). The body has to be ASCII. */
export async function signedNow(
  peer: WorldPeer,
  { url, mediaType, body, nonce }: { url: string; mediaType: string; body: string; nonce: string },
): Promise<PreparedRequest> {
  const { host, keyid, jwk } = peer;
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = keys[host] ?? subtle.importKey("jwk", jwk, algorithm, false, ["sign"]);
  keys[host] = key;
  const now = new Date();
  const date = now.toUTCString();
  const digest = `sha-256=:${encoding.b64encode(await subtle.digest("SHA-256", bytesOf(body)))}:`;
  const params =
    `("@method" "@target-uri" "content-digest" "content-length" "date");created=${Math.floor(now.getTime() / 1000)};` +
    `keyid="${keyid}";alg="ecdsa-p256-sha256";nonce="${nonce}";tag="ocm"`;
  const base = [
    '"@method": POST',
    `"@target-uri": ${url}`,
    `"content-digest": ${digest}`,
    `"content-length": ${body.length}`,
    `"date": ${date}`,
    `"@signature-params": ${params}`,
  ].join("\n");
  const signature = await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, await key, bytesOf(base));
  return {
    url,
    body,
    headers: {
      Accept: "application/json",
      "Content-Type": mediaType,
      "Content-Digest": digest,
      Date: date,
      "Signature-Input": `ocm=${params}`,
      Signature: `ocm=:${encoding.b64encode(signature)}:`,
    },
  };
}

/** Of text in ASCII: k6 has no encoder of its own. */
function bytesOf(text: string): ArrayBuffer {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes.buffer;
}
