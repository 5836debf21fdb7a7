import { type Bench, criteria, knowsSignatures, notice, postShare } from "../bench.ts";
import type { Check } from "../check.ts";
import type { RequirementId } from "../requirements.ts";
import { checkKey, type Tweaks } from "../signature.ts";
import { Skipped } from "../tally.ts";
import { refusedForSignature, refusedWell, shown } from "./answers.ts";

/** Seconds: no freshness window of a server is as long. */
const LONG = 3600;

export const unsigned: Check = {
  name: "unsigned",
  line: "A share without a signature is refused where the server demands signatures.",
  ids: ["GOOD-01", "DISC-40", "SHARE-43", "SEC-02"],
  needs: ["share"],
  async run(bench, tally) {
    if (!knowsSignatures(bench)) throw new Skipped("It knows no signatures: there is no capability http-sig.");
    const id = criteria(bench).has("must-use-http-sig") ? "DISC-40" : "SEC-02";
    const answer = await postShare(bench, notice(bench), { sign: false });
    refusedForSignature(bench, tally, id, answer, "a share without a signature");
    tally.say(shown(answer));
  },
};

export const wrongDigest = bad(
  "wrong-digest",
  "SIG-06",
  "A share whose body is not the one that was signed is refused.",
  [["a body that does not fit its digest", { otherBody: Buffer.from("{}") }]],
);

export const wrongKey = bad("wrong-key", "SIG-15", "A share signed with a key that we do not publish is refused.", [
  ["a signature of another key", { key: checkKey("https://stranger.invalid") }],
]);

export const wrongTime = bad("wrong-time", "SIG-05", "A share signed an hour ago, or in an hour, is refused.", [
  ["a signature made an hour ago", { later: -LONG }],
  ["a signature made in an hour", { later: LONG }],
]);

export const uncovered = bad(
  "uncovered",
  "SIG-04",
  "A share whose signature leaves the digest or the address out is refused.",
  [
    ["a signature without content-digest", { uncovered: ["content-digest"] }],
    ["a signature without @target-uri", { uncovered: ["@target-uri"] }],
  ],
);

export const foreignSender: Check = {
  name: "foreign-sender",
  line: "A share in the name of somebody at another server, signed by us, is refused.",
  ids: ["GOOD-01", "SIG-15"],
  needs: ["share"],
  async run(bench, tally) {
    demandSignatures(bench);
    // The name belongs to nobody by RFC 2606, so that no other server is asked.
    const other = "mallory@stranger.invalid";
    const answer = await postShare(bench, notice(bench, { sender: other, owner: other }));
    if (refusedWell(tally, "SIG-15", answer, `a share of ${other}`)) tally.say(shown(answer));
  },
};

function bad(name: string, id: RequirementId, line: string, attempts: [what: string, tweaks: Tweaks][]): Check {
  return {
    name,
    line,
    ids: ["GOOD-01", id, "SHARE-43"],
    needs: ["share"],
    async run(bench, tally) {
      demandSignatures(bench);
      for (const [what, tweaks] of attempts) {
        const answer = await postShare(bench, notice(bench), { tweaks });
        refusedForSignature(bench, tally, id, answer, what, [400, 401, 403]);
        tally.say(shown(answer));
      }
    },
  };
}

function demandSignatures(bench: Bench): void {
  if (!knowsSignatures(bench)) throw new Skipped("It reads no signatures: there is no capability http-sig.");
}
