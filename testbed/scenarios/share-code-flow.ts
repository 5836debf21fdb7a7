import { caller } from "../http.ts";
import { entranceOf } from "../roles.ts";
import { contentOf, patiently, sameContent, sharedFile, trying } from "./acts.ts";
import { discovered } from "./discovered.ts";
import { refusedTo } from "./refused.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const NAME = "code flow.txt";

/** A file is shared strictly and opened with a token that was exchanged for the code (draft sections 5 to 10). */
export const shareCodeFlow: Scenario = {
  line: "a file is shared, accepted, and read with a token that was exchanged for the code",
  async play(play) {
    const { step, sender, receiver, seed } = play;
    const share = await sharedFile(play, NAME);
    await step("token exchanged", async (say) => {
      await trying(() => receiver.list(share.received, ""));
      must((await sender.sent(share.sent)).strict, "The share can be opened without a token.");
      const known = await patiently("a token for this share", async () => {
        const events = (await sender.events()).filter(({ record }) => record === share.sent);
        // A server that was killed has forgotten what it did; then only that the share could be opened shows it.
        const hasForgotten = events.every(({ name }) => name !== "share-created");
        return hasForgotten || events.some(({ name }) => name === "token-issued") ? events : undefined;
      });
      const issued = known.find(({ name }) => name === "token-issued");
      if (issued === undefined) return say("the share could be opened, which needs a token");
      must(issued.peer === new URL(receiver.server.origin).host, `The token went to ${issued.peer}.`);
      say(`${sender.server.name} gave ${receiver.server.name} a token for the code`);
    });
    await sameContent(play, share, contentOf(seed, NAME));
    await step("closed to strangers", async (say) => {
      const { webdav } = await trying(() => discovered(sender.server));
      const stranger = caller(() => entranceOf(sender.server));
      const get = (headers: Record<string, string>) =>
        trying(() => stranger.send("GET", `${webdav}${share.sent}/`, { headers }));
      await refusedTo("reading without a token", [401], () => get({}));
      await refusedTo("reading with a forged token", [401], () => get({ authorization: "Bearer ocm_forged" }));
      say("no token, or a forged one: refused");
    });
  },
};
