import { setTimeout as delay } from "node:timers/promises";
import { NoAnswer, Refused } from "../http.ts";
import { contactsOnBothSides } from "./invite-flow.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

/** Milliseconds between two attempts of somebody in front of a page that says that it did not work, and for how long they go on. */
const BEFORE_TRY = 2_000;
const PATIENCE = 60_000;

/** A link goes from one person to another, who says where they are from and is led to their own server (draft section 4.4.3). */
export const wayf: Scenario = {
  line: "an invite link is opened by somebody without an account there, who says where they are from, is led there and accepts",
  async play(play) {
    const { step, sender, receiver } = play;
    const link = await step("invite link made", async (say) => {
      const { link: made } = await sender.createInvite("Let us share files.");
      must(made !== null, `${sender.server.name} has no page for invite links.`);
      say(`by ${sender.address}`);
      return made;
    });
    const visit = await step("link opened", async (say) => {
      const opened = await untilItWorks(() => receiver.openInviteLink(link, sender.server));
      say(`by somebody who is logged in nowhere: “${opened.title}”`);
      return opened;
    });
    await step("led to the own server", async (say) => {
      const led = new URL(await untilItWorks(() => visit.chooseServer()));
      must(led.origin === receiver.server.origin, `The browser was led to ${led.origin}.`);
      const provider = led.searchParams.get("providerDomain");
      must(provider === new URL(sender.server.origin).host, `The page is told that ${provider} invites.`);
      const isSame = led.searchParams.get("token") === new URL(link).searchParams.get("token");
      must(isSame, "The token is another one than in the link.");
      say(`${led.origin}${led.pathname}`);
    });
    await step("logged in and accepted", async (say) => {
      const title = await untilItWorks(() => visit.logInAndAccept());
      say(`“${title}”`);
    });
    await contactsOnBothSides(play);
  },
};

/** Whoever reads that something did not work tries again a little later. */
async function untilItWorks<T>(attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const mayPass =
        error instanceof NoAnswer || (error instanceof Refused && (error.status >= 500 || error.status === 429));
      if (!mayPass || performance.now() > end) throw error;
    }
    await delay(BEFORE_TRY);
  }
}
