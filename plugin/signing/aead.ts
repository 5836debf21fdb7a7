import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const TAG_BYTES = 16;

/** Length of the nonce that `encrypt` needs. It has to be new for each use of a key; random ones do for 2^32 uses. */
export const NONCE_BYTES = 12;

/** Encrypts with AES-256-GCM. The result is nonce, ciphertext and tag; `context` has to be the same at decryption. */
export function encrypt(key: KeyObject, nonce: Uint8Array, plain: string, context: string): Buffer {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const head = cipher.update(plain, "utf8");
  const tail = cipher.final();
  return Buffer.concat([nonce, head, tail, cipher.getAuthTag()]);
}

/** Undoes `encrypt`. @throws Error when key or context is another one, or the data was altered */
export function decrypt(key: KeyObject, data: Buffer, context: string): string {
  const end = data.length - TAG_BYTES;
  if (end < NONCE_BYTES) throw new Error("The data is too short to be encrypted.");
  const decipher = createDecipheriv(ALGORITHM, key, data.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(data.subarray(end));
  return decipher.update(data.subarray(NONCE_BYTES, end), undefined, "utf8") + decipher.final("utf8");
}
