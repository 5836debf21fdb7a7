import { shareBody } from "./shared/bodies.ts";
import { hasStatus } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { SIGNED_LOADS } from "./shared/loads.ts";
import { optionsOf } from "./shared/options.ts";
import { peerOf, sendSigned } from "./shared/signed.ts";
import { summaryOf } from "./shared/summary.ts";

/** Shares from several other servers, each one new, signed by its server. */
export const options = optionsOf({ load: SIGNED_LOADS["share-intake"], endpoints: { "share-intake": 500 } });
export const handleSummary = summaryOf("share-intake");

const world = readWorld();
const origin = world.servers[0]?.origin ?? "";
const receiver = world.servers[0]?.address.split("@").at(-1) ?? "";

export default async function (): Promise<void> {
  const answer = await sendSigned({ endpoint: "share-intake", role: "receiver" }, (number) => {
    const peer = peerOf(world, number);
    const { recipients, run } = world;
    const body = shareBody(number, { run, sender: peer.host, receiver, recipients });
    return { peer, url: `${origin}/ocm/shares`, mediaType: "application/json", body };
  });
  hasStatus("a signed share", answer, 201);
}
