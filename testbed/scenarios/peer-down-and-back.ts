import { arrival, contentOf, fileMade, sameContent, sentStatus } from "./acts.ts";
import { refusedTo } from "./refused.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const NAME = "for when you are back.txt";

/** Each server is away when the other has something to tell it, and learns of it when it is back. */
export const peerDownAndBack: Scenario = {
  line: "each server is down while the other has something to say, and hears it when it is back",
  async play(play) {
    const { step, stage, sender, receiver, seed } = play;
    const path = await fileMade(play, NAME);
    const sent = await step("shared with a server that is down", async (say) => {
      await stage.stop(receiver.server);
      const { id, status } = await sender.share(path, receiver.address, ["read"]);
      must(status === "announcing", `It is ${status}.`);
      say(`${receiver.server.name} is down; the share waits`);
      return id;
    });
    const share = await step("share received once it is back", async () => {
      await stage.start(receiver.server);
      const { id, name } = await arrival(play, sent, path);
      return { sent, received: id, name };
    });
    await step("accepted while the sender's server is down", async (say) => {
      await stage.stop(sender.server);
      const { status } = await receiver.accept(share.received);
      must(status === "accepted", `It is ${status}.`);
      await refusedTo("reading", [502, 503, 504], () => receiver.read(share.received, ""));
      say(`${sender.server.name} is down; the answer waits`);
    });
    await step("sender told once it is back", async () => {
      await stage.start(sender.server);
      await sentStatus(sender, share, "accepted");
    });
    await sameContent(play, share, contentOf(seed, NAME));
  },
};
