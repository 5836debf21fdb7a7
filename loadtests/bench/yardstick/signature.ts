import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { PublicIdentity } from "../identity.ts";

const LONGEST_AGE_SECONDS = 300;

/** RFC 9530, SHA-256. */
export function contentDigestMatches({ headers }: IncomingMessage, body: Buffer): boolean {
  return headers["content-digest"] === `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
}

/** RFC 9421 as the bench's own peer signs: the label `ocm`, an Ed25519 key that is known. Verified in the thread pool. */
export function createSignatureCheck(
  origin: string,
  peer: PublicIdentity,
): (request: IncomingMessage) => Promise<boolean> {
  const key = createPublicKey({ key: peer.publicJwk, format: "jwk" });
  const keys = new Map([[peer.keyid, key]]);

  return async ({ method = "", url = "", headers }) => {
    const input = /^ocm=(\(([^)]*)\);(.*))$/.exec(String(headers["signature-input"]));
    const signature = /^ocm=:([^:]*):$/.exec(String(headers.signature));
    if (input === null || signature === null) return false;
    const [, params = "", list = "", parameters = ""] = input;
    const created = Number(/created=(\d+)/.exec(parameters)?.[1]);
    const known = keys.get(/keyid="([^"]*)"/.exec(parameters)?.[1] ?? "");
    if (known === undefined || !(Math.abs(Date.now() / 1000 - created) < LONGEST_AGE_SECONDS)) return false;
    let base = "";
    for (const quoted of list.split(" ")) base += `${quoted}: ${componentValue(quoted.slice(1, -1))}\n`;
    base += `"@signature-params": ${params}`;
    return verified(known, Buffer.from(base, "latin1"), Buffer.from(signature[1] ?? "", "base64"));

    function componentValue(name: string): string {
      if (name === "@method") return method;
      if (name === "@target-uri") return origin + url;
      return String(headers[name]);
    }
  };
}

function verified(key: KeyObject, base: Buffer, signature: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(null, base, key, signature, (error, valid) => (error === null ? resolve(valid) : reject(error)));
  });
}
