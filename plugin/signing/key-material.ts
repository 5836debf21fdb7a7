import { createHash, createPrivateKey, createSecretKey, type KeyObject } from "node:crypto";
import type { KeyRecord, KeyUse } from "../ports/records.ts";
import type { System } from "../ports/system.ts";
import { OcmError } from "../protocol/errors.ts";
import { decrypt, encrypt, NONCE_BYTES } from "./aead.ts";

const KEY_BYTES = 32;
/** What comes before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410 section 7). */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/** New private material: an Ed25519 JWK for signing, 32 bytes as base64url for everything else. */
export function newMaterial(use: KeyUse, system: Pick<System, "random">): string {
  const bytes = system.random(`key-${use}`, KEY_BYTES);
  if (use !== "sign") return bytes.toString("base64url");
  const der = Buffer.concat([PKCS8_ED25519, bytes]);
  return JSON.stringify(createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({ format: "jwk" }));
}

/** The key in a record's material, in the clear. */
export function importMaterial(use: KeyUse, material: string): KeyObject {
  if (use === "sign") return createPrivateKey({ key: JSON.parse(material), format: "jwk" });
  return createSecretKey(Buffer.from(material, "base64url"));
}

/** The operator's key, under which the private material of records is kept. */
export interface WrappingKey {
  /** Goes into `wrappedBy`; tells nothing of the key. */
  id: string;
  key: KeyObject;
}

/** Reads the option `encryptionKey`: 32 bytes as hex or base64. @throws OcmError internal */
export function wrappingKey(encryptionKey: string): WrappingKey {
  const bytes = /^[0-9a-f]{64}$/i.test(encryptionKey)
    ? Buffer.from(encryptionKey, "hex")
    : Buffer.from(encryptionKey, "base64");
  if (bytes.length !== KEY_BYTES) {
    throw new OcmError("internal", { message: "The encryptionKey has to be 32 bytes, written as hex or base64." });
  }
  const id = createHash("sha256").update("koa-ocm wrapping key\n").update(bytes).digest("hex").slice(0, 16);
  return { id, key: createSecretKey(bytes) };
}

/** The record with its material encrypted. */
export function wrap(record: KeyRecord, wrapping: WrappingKey, system: Pick<System, "random">): KeyRecord {
  const nonce = system.random("wrap-nonce", NONCE_BYTES);
  const material = encrypt(wrapping.key, nonce, record.material, contextOf(record)).toString("base64url");
  return { ...record, material, wrappedBy: wrapping.id };
}

/** A record's material in the clear. @throws OcmError internal, saying what is wrong with the encryptionKey */
export function unwrap(record: KeyRecord, wrapping: WrappingKey | undefined): string {
  if (record.wrappedBy === null) return record.material;
  if (wrapping === undefined) {
    throw new OcmError("internal", {
      message: "The keys in the database are encrypted. Configure the encryptionKey with which they were written.",
    });
  }
  if (record.wrappedBy !== wrapping.id) {
    throw new OcmError("internal", {
      message: "The keys in the database were encrypted with another encryptionKey than the one that is configured.",
    });
  }
  try {
    return decrypt(wrapping.key, Buffer.from(record.material, "base64url"), contextOf(record));
  } catch (cause) {
    throw new OcmError("internal", { message: `The key ${record.id} in the database was altered.`, cause });
  }
}

/** Binds the material to its record, so that nobody puts one key in the place of another. */
function contextOf({ id, use }: KeyRecord): string {
  return `koa-ocm key ${use} ${id}`;
}
