import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import { headerOf, type Message } from "./message.ts";

/** What a message's signature covers, and whether it is good. */
export interface SignatureReading {
  /** The signature base (RFC 9421, section 2.5). */
  base: string;
  keyid: string;
  verdict: "valid" | "not valid" | "key never seen";
}

/** The keys that servers published while they talked, by their identifiers. */
export function publishedKeys(messages: Message[]): Map<string, JsonWebKey> {
  const keys = new Map<string, JsonWebKey>();
  for (const { path, responseBody } of messages) {
    if (!path.endsWith("/jwks.json")) continue;
    try {
      const set = JSON.parse(responseBody.toString("utf8")) as { keys: (JsonWebKey & { kid: string })[] };
      for (const key of set.keys) keys.set(key.kid, key);
    } catch {
      // Cut off on its way.
    }
  }
  return keys;
}

/** Reads the signature of a message anew from the RFC; undefined where it has none. */
export function readSignature(message: Message, keys: Map<string, JsonWebKey>): SignatureReading | undefined {
  const { requestHeaders, method, url } = message;
  const input = headerOf(requestHeaders, "signature-input");
  const [, label = "", params = "", inner = ""] = /^\s*([a-z*][a-z0-9_.*-]*)=(\(([^)]*)\).*)$/.exec(input ?? "") ?? [];
  const signature = new RegExp(`(?:^|[ ,])${label}=:([^:]*):`).exec(headerOf(requestHeaders, "signature") ?? "")?.[1];
  if (label === "" || signature === undefined) return undefined;
  const derived: Record<string, string> = {
    "@method": method,
    "@target-uri": url,
    "@authority": new URL(url).host,
    "@path": new URL(url).pathname,
    "@query": new URL(url).search || "?",
    "@scheme": new URL(url).protocol.slice(0, -1),
  };
  const lines = [...inner.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => {
    return `"${name}": ${derived[name] ?? (headerOf(requestHeaders, name) ?? "").trim()}`;
  });
  const base = [...lines, `"@signature-params": ${params}`].join("\n");
  const keyid = /;keyid="([^"]+)"/.exec(params)?.[1] ?? "";
  const key = keys.get(keyid);
  const isValid = key !== undefined && holds(base, Buffer.from(signature, "base64"), key);
  return { base, keyid, verdict: key === undefined ? "key never seen" : isValid ? "valid" : "not valid" };
}

function holds(base: string, signature: Buffer, jwk: JsonWebKey): boolean {
  try {
    return verified(base, signature, jwk);
  } catch {
    // A key that is none.
    return false;
  }
}

function verified(base: string, signature: Buffer, jwk: JsonWebKey): boolean {
  const hash = jwk.kty === "OKP" ? null : jwk.crv === "P-384" ? "sha384" : "sha256";
  const key = createPublicKey({ key: jwk, format: "jwk" });
  return verify(hash, Buffer.from(base), { key, dsaEncoding: "ieee-p1363" }, signature);
}
