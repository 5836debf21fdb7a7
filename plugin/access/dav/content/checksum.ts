import { createHash } from "node:crypto";
import { OcmError } from "../../../protocol/errors.ts";
import { type DavRequest, header } from "../request.ts";
import { adler32 } from "./adler32.ts";

/** A checksum that a client announced, and the computing of it. */
export interface AnnouncedChecksum {
  update(bytes: Uint8Array): void;
  /** Whether what came has the checksum that was announced. To be called once, at the end. */
  matches(): boolean;
  /** `SHA1:…`, in hexadecimal digits, as it is told to clients. */
  value: string;
}

interface Algorithm {
  /** Name in node:crypto; null for Adler-32. */
  hash: string | null;
  /** Of the checksum itself. */
  bytes: number;
}

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  ADLER32: { hash: null, bytes: 4 },
  MD5: { hash: "md5", bytes: 16 },
  SHA1: { hash: "sha1", bytes: 20 },
  SHA256: { hash: "sha256", bytes: 32 },
  SHA512: { hash: "sha512", bytes: 64 },
  "SHA3-256": { hash: "sha3-256", bytes: 32 },
};

/**
 * Reads `OC-Checksum: SHA1:<hex>` and `Upload-Checksum: sha1 <hex or base64>`, the two fields by which clients of ownCloud, of OpenCloud and
 * of TUS say what an upload has to be. Undefined where there is none.
 * @throws OcmError bad-request for one that cannot be read, or whose algorithm is unknown: the client relies on its being checked
 */
export function announcedChecksum(request: Pick<DavRequest, "headers">): AnnouncedChecksum | undefined {
  const field = header(request, "upload-checksum") ?? header(request, "oc-checksum");
  if (field === undefined) return undefined;
  const [, name = "", text = ""] = /^([A-Za-z\d-]{1,20})[: ]\s{0,10}([A-Za-z\d+/=_-]{1,200})$/.exec(field.trim()) ?? [];
  const key = name.toUpperCase().replace(/^SHA-/, "SHA");
  const algorithm = Object.hasOwn(ALGORITHMS, key) ? ALGORITHMS[key] : undefined;
  if (algorithm === undefined) {
    const known = Object.keys(ALGORITHMS).join(", ");
    throw new OcmError("bad-request", { message: `The checksum has to be one of ${known}, such as SHA1:<hex>.` });
  }
  const expected = digits(text, algorithm.bytes);
  if (expected === undefined) throw new OcmError("bad-request", { message: `This is no ${key} checksum.` });
  const { update, digest } = hashing(algorithm);
  return { update, matches: () => digest() === expected, value: `${key}:${expected}` };
}

/** Hexadecimal digits in lower case, of digits or of base64; undefined for another length. */
function digits(text: string, bytes: number): string | undefined {
  if (text.length === bytes * 2 && /^[\da-f]*$/i.test(text)) return text.toLowerCase();
  const decoded = Buffer.from(text, "base64");
  return decoded.length === bytes ? decoded.toString("hex") : undefined;
}

function hashing({ hash }: Algorithm): { update(bytes: Uint8Array): void; digest(): string } {
  if (hash === null) return adler32();
  const running = createHash(hash);
  return { update: (bytes) => void running.update(bytes), digest: () => running.digest("hex") };
}
