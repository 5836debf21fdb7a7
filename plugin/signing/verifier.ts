import type { KeyObject } from "node:crypto";
import type { InboundMessage, KeySource, PublicJwk, Verifier } from "../ports/crypto.ts";
import { PeerFailure } from "../ports/peer-client.ts";
import type { System } from "../ports/system.ts";
import { OcmError } from "../protocol/errors.ts";
import { checkContentDigest } from "./content-digest.ts";
import { algorithmOf, importPublicJwk, isAcceptedAlgorithm, type SignatureAlgorithm } from "./jwk.ts";
import type { OcmSignature } from "./ocm-signature.ts";
import { signatureBase } from "./signature-base.ts";
import { readSignedFields } from "./signed-fields.ts";
import type { Fields } from "./structured-fields.ts";

const REQUIRED_COMPONENTS = ["@method", "@target-uri", "content-digest", "content-length"];

export interface VerifierOptions {
  system: Pick<System, "now" | "verify">;
  /** Demand that `date` is covered, as draft -05 does and later texts do not (SIG-04, D-15). */
  strictDate: boolean;
  /** How far `created` may lie in the future, in seconds. @default 60 */
  skew?: number;
  /** How old a signature may be, in seconds. @default 300 */
  window?: number;
}

/**
 * Verifies OCM signatures (RFC 9421, draft appendix B). The cheap checks come first; the keys of a peer are asked for only when
 * all else is in order. The `created` that it returns is in seconds since the Unix epoch. `signature` identifies the signature
 * for whoever wants to find a repeated one: a third party cannot change it and keep the signature valid.
 */
export function createVerifier({ system, strictDate, skew = 60, window = 300 }: VerifierOptions): Verifier {
  const required = strictDate ? [...REQUIRED_COMPONENTS, "date"] : REQUIRED_COMPONENTS;
  /** Importing costs as much as verifying. A key is kept for as long as whoever gave it keeps its JWK. */
  const keys = new WeakMap<PublicJwk, KeyObject>();

  function importedKey(jwk: PublicJwk): KeyObject {
    let key = keys.get(jwk);
    if (key === undefined) {
      try {
        key = importPublicJwk(jwk);
      } catch (cause) {
        throw new OcmError("signature-key-unknown", { message: "The key that keyid names is not a valid key.", cause });
      }
      keys.set(jwk, key);
    }
    return key;
  }

  return {
    async verify(message, host, keyOf) {
      const { fields, signature } = readSignedFields(message.rawHeaders);
      checkCoverage(signature, required);
      checkNamedAlgorithm(signature);
      checkTime(signature, system.now(), skew, window);
      checkKeyHost(signature.keyid, host);
      checkBody(fields, message.body);
      const base = signatureBase(signature.components, signature.params, { ...message, fields });

      const jwk = await findKey(keyOf, host, signature.keyid);
      const algorithm = agreedAlgorithm(signature, jwk);
      const key = importedKey(jwk);
      const verifies = (data: Buffer) => system.verify(algorithm.hash, data, key, signature.bytes);

      if (!(await verifies(base))) throw await explain(signature, message, fields, verifies);
      const { keyid, created } = signature;
      return { keyid, created, signature: fixedPart(signature.bytes, algorithm).toString("base64") };
    },
  };
}

function checkCoverage({ components }: OcmSignature, required: readonly string[]): void {
  const missing = required.filter((name) => !components.includes(name));
  if (missing.length === 0) return;
  throw new OcmError("signature-components", { message: `The signature does not cover ${missing.join(", ")}.` });
}

function checkNamedAlgorithm({ alg }: OcmSignature): void {
  if (alg === undefined || isAcceptedAlgorithm(alg)) return;
  throw new OcmError("signature-algorithm", { message: `The algorithm ${JSON.stringify(alg)} is not accepted.` });
}

function checkTime({ created, expires }: OcmSignature, now: number, skew: number, window: number): void {
  const age = now / 1000 - created;
  if (age < -skew) {
    throw new OcmError("signature-future", {
      message: `The signature was made ${Math.round(-age)} seconds in the future.`,
    });
  }
  if (age > window) {
    throw new OcmError("signature-stale", {
      message: `The signature is ${Math.round(age)} seconds old; the limit is ${window}.`,
    });
  }
  if (expires !== undefined && expires < now / 1000) {
    throw new OcmError("signature-stale", { message: "The signature has expired." });
  }
}

/** A keyid that is a URL names a host, which has to be the one that the message speaks for (G-01). */
function checkKeyHost(keyid: string, host: string): void {
  if (!/^https?:/i.test(keyid) || keyid.startsWith(`https://${host}/`)) return;
  const url = URL.parse(keyid);
  // The default port of http is left out by the URL, but is part of the address of a host.
  if (url?.host === host || (url?.protocol === "http:" && `${url.host}:80` === host)) return;
  throw new OcmError("signature-host", {
    message: `The key is of ${url?.host ?? "an unreadable address"}, but the message speaks for ${host}.`,
  });
}

function checkBody(fields: Fields, body: Uint8Array): void {
  if (fields.get("content-length") !== String(body.byteLength)) {
    throw new OcmError("signature-digest", { message: "Content-Length is not the length of the body." });
  }
  checkContentDigest(fields.get("content-digest"), body);
}

async function findKey(keyOf: KeySource, host: string, keyid: string): Promise<PublicJwk> {
  let jwk: PublicJwk | undefined;
  try {
    jwk = await keyOf(host, keyid);
  } catch (error) {
    // The peer's failure may tell what this server's network looks like: it is for the log, not for the sender.
    if (error instanceof PeerFailure) throw new OcmError("signature-key-unavailable", { cause: error });
    throw error;
  }
  if (jwk === undefined) throw new OcmError("signature-key-unknown");
  if (jwk.use !== undefined && jwk.use !== "sig") {
    throw new OcmError("signature-key-unknown", { message: "The key that keyid names is not meant for signatures." });
  }
  return jwk;
}

/** The algorithm is the key's; the parameter `alg` may only repeat it (D-20, D-22, D-24). */
function agreedAlgorithm({ alg }: OcmSignature, jwk: PublicJwk): SignatureAlgorithm {
  const algorithm = algorithmOf(jwk);
  if (algorithm === undefined) {
    throw new OcmError("signature-algorithm", { message: "The key that keyid names is of no accepted algorithm." });
  }
  if (alg !== undefined && alg !== algorithm.name) {
    throw new OcmError("signature-algorithm", {
      message: `The signature says ${JSON.stringify(alg)}, but its key is for ${algorithm.name}.`,
    });
  }
  return algorithm;
}

/** Says more of a signature that does not verify: was it made for the address under which the request came in? */
async function explain(
  { components, params }: OcmSignature,
  message: InboundMessage,
  fields: Fields,
  verifies: (base: Buffer) => Promise<boolean>,
): Promise<OcmError> {
  const targetUri = withHost(message.targetUri, fields.get("host") ?? "");
  if (targetUri !== message.targetUri) {
    const base = signatureBase(components, params, { ...message, targetUri, fields });
    if (await verifies(base)) {
      return new OcmError("signature-target", {
        message: `The signature was made for ${targetUri}, but this address is ${message.targetUri}.`,
      });
    }
  }
  return new OcmError("signature-invalid");
}

function withHost(uri: string, host: string): string {
  if (!/^[a-z0-9.:[\]-]+$/i.test(host)) return uri;
  return uri.replace(/^([^:]+:\/\/)[^/?#]*/, (_, scheme: string) => scheme + host.toLowerCase());
}

/** Anybody can turn an ECDSA signature (r, s) into (r, -s), which is valid as well, so only r identifies it. */
function fixedPart(bytes: Buffer, { kty }: SignatureAlgorithm): Buffer {
  return kty === "EC" ? bytes.subarray(0, bytes.length / 2) : bytes;
}
