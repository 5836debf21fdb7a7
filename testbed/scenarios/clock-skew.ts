import { accepted, arrival, contentOf, fileMade, patiently, sameContent, sharedFile } from "./acts.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const MINUTE = 60_000;
const NEAR = "clocks near each other.txt";
const FAR = "clocks far apart.txt";

/** Clocks that are a little apart do no harm. Where they are far apart signatures are refused, until the clock is set. */
export const clockSkew: Scenario = {
  line: "clocks 40 seconds apart do no harm; ten minutes apart, nothing is taken until they are set",
  senseless: { "clock-skew": "it sets the clocks itself" },
  async play(play) {
    const { step, stage, sender, receiver, seed } = play;
    await step("the receiver's clock is 40 seconds ahead", async () => {
      await stage.stop(receiver.server);
      await stage.start(receiver.server, 40_000);
    });
    const near = await sharedFile(play, NEAR);
    await sameContent(play, near, contentOf(seed, NEAR));
    await step("the receiver's clock is ten minutes ahead", async () => {
      await stage.stop(receiver.server);
      await stage.start(receiver.server, 10 * MINUTE);
    });
    const path = await fileMade(play, FAR);
    const sent = await step("share refused as too old", async (say) => {
      const { id } = await sender.share(path, receiver.address, ["read"]);
      const { deliveries } = await patiently("the first attempt", async () => {
        const share = await sender.sent(id);
        return share.deliveries.some(({ attempts }) => attempts > 0) ? share : undefined;
      });
      must(deliveries.length === 1, "Nothing waits to be told.");
      must((await receiver.received()).length === 1, "A share with an old signature was taken.");
      say("it waits at the sender");
      return id;
    });
    const share = await step("clock set, share received", async () => {
      await stage.stop(receiver.server);
      await stage.start(receiver.server);
      const { id, name } = await arrival(play, sent, path);
      return { sent, received: id, name };
    });
    await accepted(play, share);
    await sameContent(play, share, contentOf(seed, FAR));
  },
};
