import { contentOf, endedFor, fileMade, offered, sameContent, trying } from "./acts.ts";
import { refusedTo } from "./refused.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const NAME = "for an older server.txt";

/** A file is shared with a server of the time before the draft: in the older form, opened with the secret by HTTP Basic. */
export const shareLegacyBasic: Scenario = {
  line: "a file is shared with a server of before the draft, which opens it with the secret by HTTP Basic",
  receiver: "legacy",
  senseless: { "expired-certificate": "the testbed's server of before the draft speaks plain HTTP only" },
  async play(play) {
    const { step, sender, receiver, seed } = play;
    const share = await offered(play, await fileMade(play, NAME));
    await step("opened by the secret", async (say) => {
      must(
        !(await sender.sent(share.sent)).strict,
        "The share can only be opened with a token, which the receiver cannot get.",
      );
      say("the older form, without a token");
    });
    await sameContent(play, share, contentOf(seed, NAME));
    await step("unshared", async () => {
      const { status } = await sender.unshare(share.sent);
      must(status === "revoked", `It is ${status}.`);
      await refusedTo("reading", [401, 403, 404, 410], () => trying(() => receiver.read(share.received, "")));
    });
    await step("receiver told", () => endedFor(receiver, share, "owner"));
  },
};
