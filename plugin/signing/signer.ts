import { sign } from "node:crypto";
import type { OutboundMessage, Signer } from "../ports/crypto.ts";
import type { System } from "../ports/system.ts";
import { contentDigest } from "./content-digest.ts";
import type { Keyring } from "./keyring.ts";
import { signatureBase } from "./signature-base.ts";

/** `date` is covered too: draft -05 and one vendor demand it, later texts only do without. */
const COMPONENTS = ["@method", "@target-uri", "content-digest", "content-length", "date"];
const COMPONENT_LIST = `(${COMPONENTS.map((name) => `"${name}"`).join(" ")})`;

export interface SignerOptions {
  system: Pick<System, "now">;
  keyring: Pick<Keyring, "activeSigningKey">;
}

/**
 * Signs requests with this server's Ed25519 key, in the one form that both draft -05 and the later texts accept: label `ocm` and
 * tag `ocm`, five components, `created`, `keyid` and `alg` (SIG-02, SIG-03, D-15 to D-18).
 */
export function createSigner({ system, keyring }: SignerOptions): Signer {
  return {
    async sign({ method, targetUri, body }: OutboundMessage) {
      const now = system.now();
      const { kid, privateKey } = keyring.activeSigningKey();
      const headers = {
        "content-digest": contentDigest(body),
        "content-length": String(body.byteLength),
        date: new Date(now).toUTCString(),
      };
      const params = `${COMPONENT_LIST};created=${Math.floor(now / 1000)};keyid="${kid}";alg="ed25519";tag="ocm"`;
      const fields = new Map(Object.entries(headers));
      const signature = sign(null, signatureBase(COMPONENTS, params, { method, targetUri, fields }), privateKey);
      return {
        ...headers,
        "signature-input": `ocm=${params}`,
        signature: `ocm=:${signature.toString("base64")}:`,
      };
    },
  };
}
