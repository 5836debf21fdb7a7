import { closed, contentOf, endedFor, sameContent, sharedFile } from "./acts.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const NAME = "taken back.txt";

/** What was shared is taken back: access ends with the sender's decision, whether the receiver has been told or not. */
export const unshare: Scenario = {
  line: "a share that is in use is taken back: access ends at once, and the receiver is told",
  async play(play) {
    const { step, sender, receiver, seed } = play;
    const share = await sharedFile(play, NAME);
    await sameContent(play, share, contentOf(seed, NAME));
    await step("unshared", async (say) => {
      const { status } = await sender.unshare(share.sent);
      must(status === "revoked", `It is ${status}.`);
      await closed(receiver, share);
      say("nothing can be opened any more");
    });
    await step("receiver told", () => endedFor(receiver, share, "owner"));
    await step("access refused afterwards", () => closed(receiver, share, true));
  },
};
