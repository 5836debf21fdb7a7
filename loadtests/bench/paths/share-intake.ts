import { createHash, randomBytes } from "node:crypto";
import { signedPost } from "../generator/signed-post.ts";
import { readBody } from "../yardstick/body.ts";
import { openDatabase } from "../yardstick/database.ts";
import { jsonAnswer } from "../yardstick/serve.ts";
import { contentDigestMatches, createSignatureCheck } from "../yardstick/signature.ts";
import type { BenchPath } from "./path.ts";

/** As many people send as receive, so that nobody comes near the limit of pending shares. */
const PEOPLE = 5000;

const SCHEMA = `
  create table share (
    id text not null primary key, sender_host text not null, provider_id text not null, user text not null,
    created_at integer not null, status text not null, content_hash text not null, notice text not null
  );
  create unique index share_provider on share (sender_host, provider_id);
  create index share_user on share (user, status, created_at);`;
const INSERT = "insert into share values (?, ?, ?, ?, ?, 'pending', ?, ?) on conflict do nothing";

/** POST /shares, signed, each one a share that is new. Answered when it is durable. */
export const shareIntake: BenchPath<null> = {
  name: "share-intake",
  expected: { status: 201, begins: '{"recipientDisplayName":"' },
  collect: async () => null,

  requests({ origin, signing }) {
    const { host } = new URL(origin);
    let count = 0;
    return {
      make() {
        const body = JSON.stringify(notice(count++, host, signing.host));
        return signedPost({ url: `${origin}/ocm/shares`, mediaType: "application/json", body }, signing);
      },
    };
  },

  yardstick({ origin, peer, folder }) {
    const signatureIsRight = createSignatureCheck(origin, peer);
    const { statement, durably } = openDatabase(folder, SCHEMA);
    const insert = statement(INSERT);

    return async (request) => {
      const body = await readBody(request);
      if (!contentDigestMatches(request, body)) return jsonAnswer(401, '"digest"');
      if (!(await signatureIsRight(request))) return jsonAnswer(401, '"signature"');
      const text = body.toString();
      const { providerId, sender, shareWith } = JSON.parse(text);
      const senderHost = sender.slice(sender.lastIndexOf("@") + 1);
      const user = shareWith.slice(0, shareWith.lastIndexOf("@"));
      const id = createHash("sha256").update(`${senderHost} ${providerId}`).digest("base64url");
      const contentHash = createHash("sha256").update(text).digest("hex");
      await durably(() => insert.run(id, senderHost, providerId, user, Date.now(), contentHash, text));
      return jsonAnswer(201, JSON.stringify({ recipientDisplayName: user }));
    };
  },
};

/** A Share Creation Notification (draft section 6.1) from somebody at one host to `user` and a number at another. */
export function notice(count: number, receiver: string, sender: string, person = count % PEOPLE) {
  const from = `sender${person}@${sender}`;
  const providerId = randomBytes(16).toString("base64url");
  return {
    shareWith: `user${person}@${receiver}`,
    name: `Minutes of meeting ${count}.odt`,
    providerId,
    owner: from,
    sender: from,
    ownerDisplayName: `Sender ${person}`,
    senderDisplayName: `Sender ${person}`,
    shareType: "user",
    resourceType: "file",
    protocol: {
      name: "multi",
      webdav: {
        uri: providerId,
        sharedSecret: randomBytes(32).toString("base64url"),
        permissions: ["read"],
        requirements: ["must-exchange-token"],
      },
    },
  };
}
