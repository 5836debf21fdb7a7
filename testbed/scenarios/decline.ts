import { closed, fileMade, offered, sentStatus } from "./acts.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

/** The receiver does not want what is shared, and the sender learns of it (draft section 7). */
export const decline: Scenario = {
  line: "a share is declined, the sender is told, and nothing of it can be opened",
  async play(play) {
    const { step, sender, receiver } = play;
    const share = await offered(play, await fileMade(play, "unwanted.txt"));
    await step("share declined", async (say) => {
      const { status } = await receiver.decline(share.received);
      must(status === "declined", `It is ${status}.`);
      say(`by ${receiver.address}`);
    });
    await step("sender told", () => sentStatus(sender, share, "declined"));
    await step("access refused", () => closed(receiver, share, true));
  },
};
