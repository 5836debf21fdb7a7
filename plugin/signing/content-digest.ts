import { createHash, hash as hashed } from "node:crypto";
import { OcmError } from "../protocol/errors.ts";
import { dictionaryMembers, type Member } from "./structured-fields.ts";

const HASHES: ReadonlyMap<string, "sha256" | "sha512"> = new Map([
  ["sha-256", "sha256"],
  ["sha-512", "sha512"],
]);

/** The value of Content-Digest for a body: its SHA-256 (RFC 9530 section 2). */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${hashed("sha256", body, "base64")}:`;
}

/**
 * Checks a body against Content-Digest (RFC 9530): every digest whose algorithm is known has to match, and at least one has to
 * be known. Algorithms that are not known are passed over.
 * @throws OcmError signature-digest
 */
export function checkContentDigest(field: string | undefined, body: Uint8Array): void {
  if (field === undefined) throw refusal("Content-Digest is missing.");
  // What nearly every peer sends needs no parser.
  if (field === contentDigest(body)) return;
  let known = 0;
  for (const [label, [value]] of membersOf(field)) {
    const hash = HASHES.get(label);
    if (hash === undefined) continue;
    known++;
    const digest = createHash(hash).update(body).digest();
    if (!(value instanceof ArrayBuffer)) throw refusal("Content-Digest cannot be read (RFC 9530).");
    if (!digest.equals(new Uint8Array(value))) throw refusal(`The ${label} digest does not match the body.`);
  }
  if (known === 0) throw refusal("Content-Digest has neither sha-256 nor sha-512.");
}

function membersOf(field: string): Member[] {
  try {
    return dictionaryMembers(field);
  } catch (cause) {
    throw refusal("Content-Digest cannot be read (RFC 9530).", cause);
  }
}

function refusal(message: string, cause?: unknown): OcmError {
  return new OcmError("signature-digest", { message, cause });
}
