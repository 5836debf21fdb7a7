import { OcmError } from "./errors.ts";
import { isObject } from "./json.ts";
import { parseStrictJson } from "./strict-json.ts";

/** A JSON Web Signature (RFC 7515), read and not verified. */
export interface Jws {
  /** `alg` of the protected header. */
  alg: string;
  /** `kid` of the protected header, or null. */
  kid: string | null;
  payload: Buffer;
  /** What the signature is made over. */
  signingInput: Buffer;
  signature: Buffer;
}

const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]*)$/;

/**
 * Reads the compact or the flattened JSON serialisation of a JWS (RFC 7515 sections 7.1 and 7.2.2). What only the unprotected header
 * says counts for nothing.
 * @returns `{ json }` for any other JSON document, such as one in the form of the draft's example (G-64)
 * @throws OcmError peer-incompatible with a sentence that says what is wrong
 */
export function readJws(bytes: Uint8Array): { jws: Jws } | { json: unknown } {
  const compact = COMPACT.exec(Buffer.from(bytes).toString("latin1").trim());
  if (compact !== null) {
    const [, header = "", payload = "", signature = ""] = compact;
    return { jws: jwsOf(header, payload, signature) };
  }
  const json = parsed(bytes, "It is neither a JWS nor JSON.");
  if (!isObject(json) || typeof json.payload !== "string") return { json };
  if (json.signatures !== undefined) throw unusable("It is a JWS with a list of signatures, and only one can be read.");
  const { protected: header, payload, signature } = json;
  if (typeof header !== "string" || typeof signature !== "string") {
    throw unusable("It is a JWS without a protected header or without a signature.");
  }
  return { jws: jwsOf(header, payload, signature) };
}

function jwsOf(encodedHeader: string, encodedPayload: string, encodedSignature: string): Jws {
  const header = parsed(decoded(encodedHeader, "header"), "The header of the JWS is not JSON.");
  if (!isObject(header) || typeof header.alg !== "string") throw unusable("The header of the JWS names no algorithm.");
  // Whoever does not know an extension must not take a signature that depends on it (RFC 7515 section 4.1.11).
  if (header.crit !== undefined || header.b64 !== undefined) {
    throw unusable("The JWS demands an extension that is not known here.");
  }
  return {
    alg: header.alg,
    kid: typeof header.kid === "string" ? header.kid : null,
    payload: decoded(encodedPayload, "payload"),
    signingInput: Buffer.from(`${encodedHeader}.${encodedPayload}`, "latin1"),
    signature: decoded(encodedSignature, "signature"),
  };
}

/** Base64url that has one spelling: no padding, no other signs, no stray bits at the end. */
function decoded(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text) throw unusable(`The ${what} of the JWS is not base64url.`);
  return bytes;
}

function parsed(bytes: Uint8Array, otherwise: string): unknown {
  try {
    return parseStrictJson(bytes);
  } catch (cause) {
    throw unusable(cause instanceof OcmError && cause.code !== "not-json" ? cause.message : otherwise, cause);
  }
}

function unusable(message: string, cause?: unknown): OcmError {
  return new OcmError("peer-incompatible", cause === undefined ? { message } : { message, cause });
}
