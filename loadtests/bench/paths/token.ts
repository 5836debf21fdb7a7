import { createCipheriv, createHash, createSecretKey, randomBytes } from "node:crypto";
import { signedPost } from "../generator/signed-post.ts";
import { readBody } from "../yardstick/body.ts";
import { openDatabase } from "../yardstick/database.ts";
import { jsonAnswer } from "../yardstick/serve.ts";
import { contentDigestMatches, createSignatureCheck } from "../yardstick/signature.ts";
import type { BenchPath } from "./path.ts";

const SHARES = 500;
const LIFETIME_SECONDS = 3600;

const SCHEMA = `
  create table share (
    id text not null primary key, host text not null, status text not null, epoch integer not null,
    secret_hash text not null, notice text not null
  );
  create index share_secret on share (secret_hash);`;

/** POST to the token endpoint, signed, for one of 500 shares. */
export const token: BenchPath<readonly string[]> = {
  name: "token",
  expected: { status: 200, begins: '{"access_token":"ocm_' },
  collect: async ({ createShares }) => (await createShares(SHARES)).map(({ sharedSecret }) => sharedSecret),

  requests({ origin, signing }, codes) {
    const url = `${origin}/ocm/token`;
    let count = 0;
    return {
      make() {
        const code = codes[count % codes.length] ?? "";
        const body = `grant_type=authorization_code&client_id=${encodeURIComponent(signing.host)}&code=${code}`;
        // The endpoint refuses a signature that it has seen, and the same code at the same time would have the same one.
        return signedPost(
          { url, mediaType: "application/x-www-form-urlencoded", body, nonce: String(count++) },
          signing,
        );
      },
    };
  },

  yardstick({ origin, peer, folder }, codes) {
    const signatureIsRight = createSignatureCheck(origin, peer);
    const { statement } = openDatabase(folder, SCHEMA);
    const insert = statement("insert into share values (?, ?, 'pending', 0, ?, ?)");
    for (const code of codes) insert.run(randomBytes(16).toString("base64url"), peer.host, hash(code), "x".repeat(400));
    const find = statement("select id, host, status, epoch, notice from share where secret_hash = ?");
    const tokenKey = createSecretKey(randomBytes(32));
    const refused = jsonAnswer(400, '{"error":"invalid_grant"}');

    return async (request) => {
      const body = await readBody(request);
      if (!contentDigestMatches(request, body)) return refused;
      if (!(await signatureIsRight(request))) return refused;
      const form = new URLSearchParams(body.toString());
      const share = find.get(hash(form.get("code") ?? ""));
      if (share === undefined || share.host !== form.get("client_id") || share.status !== "pending") return refused;
      const claims = JSON.stringify([share.id, share.epoch, Date.now() + LIFETIME_SECONDS * 1000]);
      const granted = { access_token: `ocm_${sealed(claims)}`, token_type: "Bearer", expires_in: LIFETIME_SECONDS };
      return jsonAnswer(200, JSON.stringify(granted), { "cache-control": "no-store" });
    };

    function sealed(claims: string): string {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", tokenKey, nonce);
      return Buffer.concat([nonce, cipher.update(claims), cipher.final(), cipher.getAuthTag()]).toString("base64url");
    }
  },
};

function hash(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}
