import { Readable } from "node:stream";
import { accepted, contentOf, offered, sameContent, trying } from "./acts.ts";
import { sha256 } from "./demo-files.ts";
import { refusedTo } from "./refused.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const FOLDER = "Written by both";
const LOCKED = "only to read.txt";
const ANSWER = "answer.txt";

/** The receiver writes into a shared folder, and cannot write where only reading was given. */
export const writeBack: Scenario = {
  line: "the receiver writes into a shared folder, and not into what was given for reading only",
  async play(play) {
    const { step, sender, receiver, seed } = play;
    await step("folder made", async () => {
      await sender.putFile(`/${FOLDER}/first.txt`, () => Readable.from([contentOf(seed, "first.txt")]));
      await sender.putFile(`/${LOCKED}`, () => Readable.from([contentOf(seed, LOCKED)]));
    });
    const share = await offered(play, `/${FOLDER}`, ["read", "write"]);
    await accepted(play, share);
    await sameContent(play, share, contentOf(seed, "first.txt"), { path: "first.txt" });
    await step("written back", async (say) => {
      const content = contentOf(seed, ANSWER);
      await trying(() => receiver.write(share.received, ANSWER, content));
      const arrived = await sha256(await sender.getFile(`/${FOLDER}/${ANSWER}`));
      must(arrived === (await sha256([content])), "The sender has other bytes than were written.");
      say(`${sender.address} has what ${receiver.address} wrote`);
    });
    const locked = await offered(play, `/${LOCKED}`, ["read"]);
    await accepted(play, locked);
    await step("writing refused where only reading was given", async (say) => {
      await trying(() => receiver.list(locked.received, "").catch(() => undefined));
      await refusedTo("writing", [403], () => trying(() => receiver.write(locked.received, "", Buffer.from("no"))));
      const kept = await sha256(await sender.getFile(`/${LOCKED}`));
      must(kept === (await sha256([contentOf(seed, LOCKED)])), "The sender's file was changed.");
      say("the file is as it was");
    });
  },
};
