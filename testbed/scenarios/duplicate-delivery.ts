import { contentOf, sameContent, sharedFile } from "./acts.ts";
import { inviteFlow } from "./invite-flow.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const NAME = "twice.txt";

/** Every message of invite, share and answer arrives twice, and has its effect once. */
export const duplicateDelivery: Scenario = {
  line: "every message arrives twice, and has its effect once",
  async play(play) {
    const { step, stage, sender, receiver, seed } = play;
    stage.suffer("duplicate");
    await inviteFlow.play(play);
    const share = await sharedFile(play, NAME);
    await sameContent(play, share, contentOf(seed, NAME));
    await step("each effect once", async (say) => {
      const shares = (await receiver.received()).length;
      const contacts = (await Promise.all([sender, receiver].map((role) => role.contacts()))).map(
        ({ length }) => length,
      );
      must(shares === 1, `There are ${shares} received shares.`);
      must(
        contacts.every((count) => count === 1),
        `There are ${contacts.join(" and ")} contacts.`,
      );
      const decided = (await sender.events()).filter(({ name, record }) => {
        return name === "share-accepted-by-recipient" && record === share.sent;
      });
      must(decided.length <= 1, `The sender saw it accepted ${decided.length} times.`);
      say("one share, one contact on each side");
    });
  },
};
