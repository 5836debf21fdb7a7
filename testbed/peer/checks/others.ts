import { capabilities, isTaken, post } from "../bench.ts";
import type { Check } from "../check.ts";
import { takeBack } from "../take-back.ts";
import { Skipped } from "../tally.ts";
import { objectOf, refusedWell, shown } from "./answers.ts";

const OAUTH_ERRORS = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
]);
/** Answers of a server that has no such endpoint. */
const ABSENT = new Set([404, 405, 501]);

export const unknownShare: Check = {
  name: "unknown-share",
  line: "Notifications about a share that does not exist are refused.",
  ids: ["GOOD-01", "GOOD-08", "PROV-02"],
  async run(bench, tally) {
    for (const notificationType of ["SHARE_ACCEPTED", "SHARE_DECLINED", "SHARE_UNSHARED"]) {
      const providerId = crypto.randomUUID();
      const answer = await post(bench, {
        to: "notifications",
        body: { notificationType, providerId, resourceType: "file" },
      });
      if (ABSENT.has(answer.status) && !capabilities(bench).has("notifications")) {
        tally.holds("PROV-02", false, `it receives no notifications: ${shown(answer)}`);
        return;
      }
      if (!refusedWell(tally, "GOOD-08", answer, `${notificationType} about an unknown share`)) continue;
      tally.holds("GOOD-08", answer.status === 400, `${notificationType} was answered with ${shown(answer)}`);
      tally.say(shown(answer));
    }
  },
};

export const unknownInvite: Check = {
  name: "unknown-invite",
  line: "The acceptance of an invite that nobody has made is refused.",
  ids: ["GOOD-01", "INV-26"],
  async run(bench, tally) {
    const { reference } = bench;
    const body = {
      recipientProvider: reference.host,
      token: crypto.randomUUID(),
      userID: reference.account.username,
      email: "alice@example.org",
      name: "Alice of koa-ocm",
    };
    const answer = await post(bench, { to: "invite-accepted", body });
    if (!capabilities(bench).has("invites") && ABSENT.has(answer.status))
      throw new Skipped("It has no capability invites.");
    if (!refusedWell(tally, "INV-26", answer, "an unknown token")) return;
    tally.holds(
      "INV-26",
      answer.status === 400 || answer.status === 403,
      `an unknown token was answered with ${shown(answer)}`,
    );
    tally.say(shown(answer));
  },
};

export const wrongCode: Check = {
  name: "wrong-code",
  line: "A wrong code is not exchanged for a token, and the answer says so as OAuth does.",
  ids: ["GOOD-01", "TOK-11", "TOK-12"],
  async run(bench, tally) {
    const to = tokenEndPointOf(bench.document);
    if (to === null) throw new Skipped("It names no tokenEndPoint that is a URL.");
    const attempts = {
      "a wrong code": { grant_type: "authorization_code", client_id: bench.reference.host, code: crypto.randomUUID() },
      "no code": { grant_type: "authorization_code", client_id: bench.reference.host },
    };
    for (const [what, parameters] of Object.entries(attempts)) {
      const answer = await post(bench, { to, body: new URLSearchParams(parameters) });
      if (!refusedWell(tally, "TOK-11", answer, what)) continue;
      tally.holds("TOK-11", answer.status === 400, `${what} was answered with ${shown(answer)}`);
      const { error } = objectOf(answer.json);
      if (!tally.holds("TOK-11", typeof error === "string", `${what} was answered without error: ${shown(answer)}`))
        continue;
      tally.holds("TOK-12", OAUTH_ERRORS.has(String(error)), `the error is ${JSON.stringify(error)}`);
      tally.say(`${what}: ${String(error)}`);
    }
  },
};

export const unsignedToken: Check = {
  name: "unsigned-token",
  line: "A token request without a signature is refused.",
  ids: ["GOOD-01", "TOK-03"],
  needs: ["share"],
  async run(bench, tally) {
    const to = tokenEndPointOf(bench.document);
    if (to === null) throw new Skipped("It names no tokenEndPoint that is a URL.");
    const body = new URLSearchParams({
      grant_type: "authorization_code",
      client_id: bench.reference.host,
      code: crypto.randomUUID(),
    });
    const signedAnswer = await post(bench, { to, body });
    const answer = await post(bench, { to, body, sign: false });
    if (!refusedWell(tally, "TOK-03", answer, "a token request without a signature")) return;
    const differs =
      answer.status !== signedAnswer.status || objectOf(answer.json).error !== objectOf(signedAnswer.json).error;
    // The same words for a good signature with a wrong code: the signature may never have been looked at.
    if (!differs)
      throw new Skipped(`It is refused in the same way as a signed one (${shown(answer)}), which says nothing.`);
    tally.say(shown(answer));
  },
};

export const takenBack: Check = {
  name: "unshare",
  line: "What was shared is taken back, and the notifications about it are accepted.",
  ids: ["GOOD-01", "NOTIF-02", "PROV-02"],
  needs: ["share"],
  async run(bench, tally) {
    if (!bench.found.isGoodShareTaken && bench.found.taken.size === 0) throw new Skipped("No share was taken.");
    const { answers, left } = await takeBack(bench);
    bench.found.leftBehind.push(...left);
    const has = capabilities(bench).has("notifications");
    for (const { status, text, message } of answers) {
      bench.last = message;
      tally.holds("GOOD-01", status < 500, `SHARE_UNSHARED was answered with ${shown({ status, text })}`);
      tally.holds(
        has ? "NOTIF-02" : "PROV-02",
        isTaken({ status }),
        `SHARE_UNSHARED was answered with ${shown({ status, text })}`,
      );
    }
    tally.holds(has ? "NOTIF-02" : "PROV-02", left.length === 0, `not taken back: ${left.join(", ")}`);
    tally.say(`${answers.length} taken back`);
  },
};

function tokenEndPointOf({ tokenEndPoint }: Record<string, unknown>): string | null {
  return typeof tokenEndPoint === "string" && URL.canParse(tokenEndPoint) ? tokenEndPoint : null;
}
