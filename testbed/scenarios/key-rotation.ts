import { caller } from "../http.ts";
import { entranceOf, type ServerAddress } from "../roles.ts";
import { contentOf, sameContent, sharedFile, trying } from "./acts.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const HOUR = 3_600_000;
const BEFORE = "before the rotation.txt";
const AFTER = "after the rotation.txt";

/** The sender's server changes to a new key, as its operator tells it to, and peers that know the old one follow. */
export const keyRotation: Scenario = {
  line: "the sender's server signs with a new key, and what was shared before goes on",
  async play(play) {
    const { step, stage, sender, receiver, seed } = play;
    const share = await sharedFile(play, BEFORE);
    await sameContent(play, share, contentOf(seed, BEFORE));
    const [old = ""] = await keysOf(sender.server);
    await step("key rotated", async (say) => {
      await stage.stop(sender.server);
      await stage.rotateKeys(sender.server);
      await stage.start(sender.server);
      const kids = await keysOf(sender.server);
      must(kids.length === 2 && kids.includes(old), `It publishes ${kids.length} keys.`);
      say("the old key and the new one are published");
    });
    await step("two days later", async (say) => {
      for (const { server } of [sender, receiver]) {
        await stage.stop(server);
        await stage.start(server, 48 * HOUR);
      }
      const kids = await keysOf(sender.server);
      must(kids.length === 1 && kids[0] !== old, "The old key is still published.");
      say("only the new key is published");
    });
    await sameContent(play, share, contentOf(seed, BEFORE));
    const later = await sharedFile(play, AFTER);
    await sameContent(play, later, contentOf(seed, AFTER));
  },
};

async function keysOf(server: ServerAddress): Promise<string[]> {
  const { json } = caller(() => entranceOf(server));
  const { keys } = (await trying(() => json("GET", "/.well-known/jwks.json"))) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
}
