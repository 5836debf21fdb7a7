import { signedPost } from "../generator/signed-post.ts";
import { readBody } from "../yardstick/body.ts";
import { openDatabase } from "../yardstick/database.ts";
import { jsonAnswer } from "../yardstick/serve.ts";
import { contentDigestMatches, createSignatureCheck } from "../yardstick/signature.ts";
import type { BenchPath } from "./path.ts";

const PER_ROUND = 2000;
/** Each needs a share, which takes a while to make: few rounds begin less warm. */
const supply = (rounds: number) => ({ warmUp: Math.min(4, rounds) * PER_ROUND, perRound: PER_ROUND });

const SCHEMA = `
  create table share (id text not null primary key, host text not null, status text not null, notice text not null);`;

/** POST /notifications, signed: SHARE_ACCEPTED, each for a share that still waited for it. Answered when it is durable. */
export const notification: BenchPath<readonly string[]> = {
  name: "notification",
  expected: { status: 201, begins: "{" },
  supply,
  async collect({ createShares, rounds }) {
    const { warmUp, perRound } = supply(rounds);
    const shares = await createShares(warmUp + perRound * rounds);
    return shares.map(({ providerId }) => providerId);
  },

  requests({ origin, signing }, providerIds) {
    const url = `${origin}/ocm/notifications`;
    let count = 0;
    return {
      make() {
        const providerId = providerIds[count++];
        if (providerId === undefined) throw new Error("All shares are accepted.");
        const body = JSON.stringify({
          notificationType: "SHARE_ACCEPTED",
          resourceType: "file",
          providerId,
          notification: { message: "The share was accepted." },
        });
        return signedPost({ url, mediaType: "application/json", body }, signing);
      },
    };
  },

  yardstick({ origin, peer, folder }, providerIds) {
    const signatureIsRight = createSignatureCheck(origin, peer);
    const { statement, durably } = openDatabase(folder, SCHEMA);
    const insert = statement("insert into share values (?, ?, 'pending', ?)");
    for (const providerId of providerIds) insert.run(providerId, peer.host, "x".repeat(400));
    const find = statement("select host, status from share where id = ?");
    const accept = statement("update share set status = 'accepted' where id = ? and status = 'pending'");

    return async (request) => {
      const body = await readBody(request);
      if (!contentDigestMatches(request, body)) return jsonAnswer(401, '"digest"');
      if (!(await signatureIsRight(request))) return jsonAnswer(401, '"signature"');
      const { providerId } = JSON.parse(body.toString());
      const share = find.get(providerId);
      if (share?.host !== peer.host || share.status !== "pending") return jsonAnswer(400, '"share"');
      await durably(() => accept.run(providerId));
      return jsonAnswer(201, "{}");
    };
  },
};
