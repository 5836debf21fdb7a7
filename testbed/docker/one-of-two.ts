import {
  accepted,
  contentOf,
  fileMade,
  offered,
  patiently,
  sameContent,
  sentStatus,
  trying,
} from "../scenarios/acts.ts";
import { seededBinary, sha256 } from "../scenarios/demo-files.ts";
import { beginDownload, restOf } from "../scenarios/download.ts";
import type { Scenario } from "../scenarios/stage.ts";
import { must } from "../scenarios/steps.ts";
import type { DockerStage } from "./stage.ts";

const NAME = "read from two processes.bin";
const SIZE = 48 * 1024 * 1024;

/**
 * A server of two processes loses one after the other, each time in the middle of something, and goes on.
 *
 * @param stage the stage that is open when it is played
 */
export function oneOfTwo(stage: () => DockerStage): Scenario {
  return {
    line: "each of the two processes of a server is killed once, and the server answers all the time",
    async play(play) {
      const { step, sender, receiver, seed } = play;
      const { killProcess, startAgain } = stage();
      const file = seededBinary(NAME, SIZE, seed);
      await step("file made", async () => sender.putFile(`/${NAME}`, file.open()));

      await step("shared, and a process of the sender's server killed at once", async (say) => {
        const { id } = await sender.share(`/${NAME}`, receiver.address, ["read"]);
        await killProcess(sender.server, 1);
        // Whoever of the two had the message to send: the other one sends it when its lease is over.
        await patiently(
          "the share at the receiver",
          async () => (await trying(() => sender.sent(id))).status === "pending" || undefined,
        );
        must((await receiver.received()).length === 1, "The share was received more than once, or not at all.");
        say("the other process has delivered it, once");
      });
      const [share] = await receiver.received();
      const [sent] = await trying(() => sender.allSent());
      if (share === undefined || sent === undefined) throw new Error("The share is not in the books of both.");
      const shared = { sent: sent.id, received: share.id, name: share.name };

      await step("accepted, and a process of the receiver's server killed at once", async (say) => {
        await receiver.accept(share.id);
        await killProcess(receiver.server, 2);
        await sentStatus(sender, shared, "accepted");
        say("the sender knows it");
      });
      await sameContent(play, shared, await sha256(file.open()));

      await step("the first process back, the second killed during a download", async (say) => {
        await startAgain(sender.server);
        await startAgain(receiver.server);
        const download = await trying(() => beginDownload(receiver, share.id, ""));
        await killProcess(sender.server, 2);
        const got = await restOf(download);
        say(`the download ended after ${got} of ${SIZE} bytes`);
      });
      await sameContent(play, shared, await sha256(file.open()));
      await step("both processes back", async () => startAgain(sender.server));
      const name = "after the deaths.txt";
      const later = await offered(play, await fileMade(play, name));
      await accepted(play, later);
      await sameContent(play, later, contentOf(seed, name));
    },
  };
}
