import type { Sealer, TokenClaims } from "../ports/crypto.ts";
import type { System } from "../ports/system.ts";
import { OcmError } from "../protocol/errors.ts";
import { decrypt, encrypt, NONCE_BYTES } from "./aead.ts";
import type { Keyring } from "./keyring.ts";

const TOKEN_PREFIX = "ocm_";
const TOKEN_CONTEXT = "koa-ocm access token";
/** Far more than any token of ours has: nothing longer is worth decrypting. */
const TOKEN_LIMIT = 1024;

/**
 * Encrypts secrets at rest and makes access tokens, both with AES-256-GCM. A token is `ocm_` and the encrypted claims, so it shows
 * nothing and needs no row in the store.
 */
export function createSealer(keyring: Pick<Keyring, "secretKey">, system: Pick<System, "random">): Sealer {
  return {
    seal(plain, purpose) {
      const { id, key } = keyring.secretKey("seal");
      const data = encrypt(key, system.random("seal-nonce", NONCE_BYTES), plain, purpose);
      return { keyId: id, data: data.toString("base64url") };
    },

    open({ keyId, data }, purpose) {
      const sealing = keyring.secretKey("seal", keyId);
      if (sealing === undefined) {
        throw new OcmError("internal", { message: "A stored secret cannot be opened: its key is gone." });
      }
      try {
        return decrypt(sealing.key, Buffer.from(data, "base64url"), purpose);
      } catch (cause) {
        throw new OcmError("internal", { message: "A stored secret cannot be opened: it was altered.", cause });
      }
    },

    issueToken({ share, epoch, expiresAt }) {
      const claims = JSON.stringify([share, epoch, expiresAt]);
      const { key } = keyring.secretKey("token");
      const data = encrypt(key, system.random("token-nonce", NONCE_BYTES), claims, TOKEN_CONTEXT);
      return TOKEN_PREFIX + data.toString("base64url");
    },

    readToken(token) {
      if (!token.startsWith(TOKEN_PREFIX) || token.length > TOKEN_LIMIT) return undefined;
      const text = token.slice(TOKEN_PREFIX.length);
      const data = Buffer.from(text, "base64url");
      // One token has one spelling: the decoder would pass over padding and foreign characters.
      if (data.toString("base64url") !== text) return undefined;
      try {
        return claimsOf(decrypt(keyring.secretKey("token").key, data, TOKEN_CONTEXT));
      } catch {
        return undefined;
      }
    },
  };
}

/** What was encrypted with our key is what `issueToken` wrote. */
function claimsOf(text: string): TokenClaims {
  const [share, epoch, expiresAt] = JSON.parse(text) as [string, number, number];
  return { share, epoch, expiresAt };
}
