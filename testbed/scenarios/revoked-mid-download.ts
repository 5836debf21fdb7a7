import { setTimeout as delay } from "node:timers/promises";
import { accepted, closed, endedFor, offered, trying } from "./acts.ts";
import { seededBinary } from "./demo-files.ts";
import { beginDownload, restOf } from "./download.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const NAME = "revoked.bin";
const SIZE = 96 * 1024 * 1024;
/** The sender's server looks every second whether a share still stands that something is read from. */
const NOTICED_AFTER = 1_500;

/** A share is taken back while the receiver downloads: the download does not come to its end. */
export const revokedMidDownload: Scenario = {
  line: "a share is taken back while it is read: the download is cut",
  async play(play) {
    const { step, sender, receiver, seed } = play;
    await step("big file made", async () => sender.putFile(`/${NAME}`, seededBinary(NAME, SIZE, seed).open));
    const share = await offered(play, `/${NAME}`);
    await accepted(play, share);
    const download = await step("download begun", () => trying(() => beginDownload(receiver, share.received, "")));
    await step("unshared", async () => {
      const { status } = await sender.unshare(share.sent);
      must(status === "revoked", `It is ${status}.`);
      await closed(receiver, share);
    });
    await step("download cut", async (say) => {
      await delay(NOTICED_AFTER);
      const got = await restOf(download);
      must(got < SIZE, "It came whole, although the share had ended.");
      say(`after ${(got / 1024 / 1024).toFixed(1)} of ${SIZE / 1024 / 1024} MiB`);
    });
    await step("receiver told", () => endedFor(receiver, share, "owner"));
  },
};
