import { fileMade, offered, sameContent, sentStatus, trying } from "./acts.ts";
import { seededBinary, sha256 } from "./demo-files.ts";
import { beginDownload, restOf } from "./download.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const NAME = "half read.bin";
const SIZE = 96 * 1024 * 1024;

/** Both servers lose their power in the middle of something, and nothing that was answered is lost. */
export const restartInTheMiddle: Scenario = {
  line: "both servers are killed in the middle of something, and go on where they were",
  async play(play) {
    const { step, stage, sender, receiver, seed } = play;
    const file = seededBinary(NAME, SIZE, seed);
    await step("file made", async () => sender.putFile(`/${NAME}`, file.open));
    const share = await offered(play, `/${NAME}`);
    await step("accepted, and the receiver's server killed at once", async (say) => {
      await receiver.accept(share.received);
      await stage.kill(receiver.server);
      await stage.start(receiver.server);
      const { status } = await receiver.receivedShare(share.received);
      must(status === "accepted", `After the restart it is ${status}.`);
      say("it is accepted after the restart");
    });
    await step("sender told", () => sentStatus(sender, share, "accepted"));
    await step("the sender's server killed during a download", async (say) => {
      const download = await trying(() => beginDownload(receiver, share.received, ""));
      await stage.kill(sender.server);
      const got = await restOf(download);
      must(got < SIZE, "The file came whole from a server that was gone.");
      await stage.start(sender.server);
      say(`the download ended after ${got} of ${SIZE} bytes`);
    });
    await sameContent(play, share, await sha256(file.open()));
    const small = await offered(play, await fileMade(play, "after the restart.txt"));
    must(small.received !== share.received, "Two shares have one identifier.");
  },
};
