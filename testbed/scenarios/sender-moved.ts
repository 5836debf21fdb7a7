import { caller, Refused } from "../http.ts";
import { entranceOf, type Role } from "../roles.ts";
import {
  contentOf,
  endedFor,
  fileMade,
  offered,
  patiently,
  type Shared,
  sameContent,
  sentStatus,
  sharedFile,
  trying,
} from "./acts.ts";
import { discovered } from "./discovered.ts";
import { refusedTo } from "./refused.ts";
import type { Scenario } from "./stage.ts";
import { must } from "./steps.ts";

const BEFORE = "before the move.txt";
const WAITING = "answered after the move.txt";
const AFTER = "after the move.txt";
const NEW_PATH = "/cloud/ocm";

/**
 * The sender's server cannot be moved to another origin, as every OCM Address there would be another one; its endpoints can be moved to
 * another path, which peers find in its discovery document (draft section 5).
 */
export const senderMoved: Scenario = {
  line: "another origin is refused with a sentence; when the sender's endpoints are at another path, all that was shared goes on",
  async play(play) {
    const { step, stage, sender, receiver, seed } = play;
    const share = await sharedFile(play, BEFORE);
    await sameContent(play, share, contentOf(seed, BEFORE));
    const waiting = await offered(play, await fileMade(play, WAITING));
    const old = await trying(() => discovered(sender.server));
    await step("another origin refused", async (say) => {
      must(stage.startElsewhere !== undefined, "This stage cannot start a server elsewhere.");
      await stage.stop(sender.server);
      const said = await stage.startElsewhere(sender.server);
      must(!said.includes("\n"), `It says more than one line: ${said}`);
      must(said.includes(`belongs to ${sender.server.origin}`), `It does not say whose the database is: ${said}`);
      say(said.slice(said.indexOf("belongs to")));
    });
    await step("started again at its own", async (say) => {
      await stage.start(sender.server);
      const address = await sender.ownAddress();
      must(address === sender.address, `It calls ${sender.username} ${address}.`);
      say(sender.address);
    });
    await sameContent(play, share, contentOf(seed, BEFORE));
    await step("endpoints moved", async (say) => {
      must(stage.movePrefix !== undefined, "This stage cannot move the endpoints of a server.");
      await stage.stop(sender.server);
      await stage.movePrefix(sender.server, NEW_PATH);
      await stage.start(sender.server);
      const { webdav } = await trying(() => discovered(sender.server));
      must(webdav.startsWith(`${NEW_PATH}/`), `It says that its files are at ${webdav}.`);
      const stranger = caller(() => entranceOf(sender.server));
      const get = () => trying(() => stranger.send("GET", `${old.webdav}${share.sent}/`));
      await refusedTo("the old path", [404], get);
      say(`from ${old.webdav} to ${webdav}`);
    });
    await step("found at the new place", async (say) => {
      // Where the new discovery document does not come, the old place is believed, which has nothing.
      await patiently("the file at its new place", () => trying(() => foundIn(receiver, share)));
      say(`${receiver.server.name} reads on`);
    });
    await sameContent(play, share, contentOf(seed, BEFORE));
    await step("answered to the new place", async (say) => {
      const { status } = await receiver.accept(waiting.received);
      must(status === "accepted", `It is ${status}.`);
      await sentStatus(sender, waiting, "accepted");
      say(`${sender.server.name} knows that ${receiver.username} accepted`);
    });
    await sameContent(play, waiting, contentOf(seed, WAITING));
    const later = await sharedFile(play, AFTER);
    await sameContent(play, later, contentOf(seed, AFTER));
    await step("taken back from the new place", async (say) => {
      const { status } = await sender.unshare(share.sent);
      must(status === "revoked", `It is ${status}.`);
      await endedFor(receiver, share, "owner");
      say(`${receiver.server.name} was told`);
    });
  },
};

/** Undefined: the receiver's server knows no such file. */
async function foundIn(receiver: Role, { received }: Shared): Promise<true | undefined> {
  try {
    for await (const _ of await receiver.read(received, "")) break;
    return true;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined;
    throw error;
  }
}
