import { accepted, offered, sameContent } from "./acts.ts";
import { seededBinary, sha256 } from "./demo-files.ts";
import type { Scenario } from "./stage.ts";

const NAME = "big.bin";
const SIZE = 192 * 1024 * 1024;

/** A file that fits into no buffer goes from one server through the other to the receiver. */
export const bigFile: Scenario = {
  line: "192 MiB are read through both servers, byte for byte",
  async play(play) {
    const { step, sender, seed } = play;
    const hash = await step("big file made", async (say) => {
      const file = seededBinary(NAME, SIZE, seed);
      await sender.putFile(`/${NAME}`, file.open);
      say(`${SIZE / 1024 / 1024} MiB are on ${sender.server.name}`);
      return await sha256(file.open());
    });
    const share = await offered(play, `/${NAME}`);
    await accepted(play, share);
    await sameContent(play, share, hash);
  },
};
