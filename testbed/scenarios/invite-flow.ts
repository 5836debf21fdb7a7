import { patiently } from "./acts.ts";
import type { Play, Scenario } from "./stage.ts";
import { must } from "./steps.ts";

/** An invite string goes from one person to another, and both know each other (draft section 4). */
export const inviteFlow: Scenario = {
  line: "an invite is made and accepted, and both people have each other as a contact",
  async play(play) {
    const { step, sender, receiver } = play;
    const { invite } = await step("invite created", async (say) => {
      const made = await sender.createInvite("Let us share files.");
      say(`by ${sender.address}`);
      return made;
    });
    await step("invite accepted", async (say) => {
      const { id } = await receiver.acceptInvite(invite);
      await patiently("the inviting server's answer", async () => {
        const { status } = (await receiver.contacts()).find((contact) => contact.id === id) ?? { status: "gone" };
        must(status !== "failed" && status !== "gone", `The contact is ${status}.`);
        return status === "active" || undefined;
      });
      say(`by ${receiver.address}`);
    });
    await contactsOnBothSides(play);
  },
};

/** Step: both people have each other as a contact. */
export function contactsOnBothSides({ step, sender, receiver }: Play): Promise<void> {
  return step("contacts on both sides", async (say) => {
    for (const [one, other] of [
      [sender, receiver],
      [receiver, sender],
    ] as const) {
      const found = await patiently(`${other.address} among the contacts of ${one.address}`, async () => {
        const known = (await one.contacts()).filter(({ address, status }) => {
          return address === other.address && status === "active";
        });
        return known.length === 0 ? undefined : known;
      });
      must(found.length === 1, `${one.address} has ${other.address} ${found.length} times.`);
    }
    say("each has the other once");
  });
}
