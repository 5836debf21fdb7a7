import { closed, contentOf, fileMade, patiently, sameContent } from "./acts.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const NAME = "for a short while.txt";
/** Milliseconds that are left when the share is made. */
const LIFETIME = 8_000;
/** Milliseconds that reading it once may take. */
const ENOUGH_TO_READ = 3_000;
const A_SECOND = 1_000;

/** A share ends by itself at the time that the sender gave it, whether the receiver has heard of it by then or not. */
export const expiry: Scenario = {
  line: "a share is opened until its time is over, and then no longer, on both sides",
  senseless: { "clock-skew": "by each server's clock its time is over at another moment" },
  async play(play) {
    const { step, sender, receiver, seed } = play;
    const path = await fileMade(play, NAME);
    let end = 0;
    const left = () => end - Date.now();
    const shareForAWhile = () => {
      end = Date.now() + LIFETIME;
      return sender.share(path, receiver.address, ["read"], end);
    };
    const { id: sent } = await step("share created", () =>
      shareForAWhile().catch((error) => {
        // The person's own server was away for longer than the share was to last.
        if (left() > 0) throw error;
        return shareForAWhile();
      }),
    );
    const arrived = await step("share received", async (say) => {
      const { status, reason } = await patiently("the receiving server's answer", async () => {
        const now = await sender.sent(sent);
        return now.status === "announcing" ? undefined : now;
      });
      // A receiving server takes nothing whose time is over, and is told it in whole seconds.
      const isLate = status === "expired" || (status === "rejected" && left() < A_SECOND);
      must(status === "pending" || isLate, `It is ${status} (${reason?.message}) with ${left()} ms left.`);
      const found = (await receiver.received()).filter(({ name }) => name === NAME);
      must(found.length === 1 || (isLate && found.length === 0), `It was received ${found.length} times.`);
      say(found.length === 1 ? "in time" : "not in time");
      return found[0];
    });
    const share = arrived && { sent, received: arrived.id, name: NAME };
    if (share !== undefined && left() > ENOUGH_TO_READ) {
      await step("share accepted", async (say) => {
        const { status } = await receiver.accept(share.received);
        must(status === "accepted" || left() < A_SECOND, `It is ${status}.`);
        say(`by ${receiver.address}`);
      });
      if (left() > ENOUGH_TO_READ) {
        // A server that was away for longer than the time that was left has nothing to give any more, by whole seconds.
        await sameContent(play, share, contentOf(seed, NAME), { isTooLate: () => left() < A_SECOND });
      }
    }
    await step("expired", async (say) => {
      await patiently("the end of the share", async () => left() < 0 || undefined);
      if (share !== undefined) await closed(receiver, share);
      say("nothing can be opened any more");
    });
    await step("ended on both sides", async () => {
      const ends = ["expired", ...(share === undefined ? ["rejected"] : [])];
      await patiently(
        "the end at the sender",
        async () => ends.includes((await sender.sent(sent)).status) || undefined,
      );
      if (share === undefined) return;
      await patiently("the end at the receiver", async () => {
        return (await receiver.receivedShare(share.received)).status === "ended" || undefined;
      });
      await closed(receiver, share, true);
    });
  },
};
