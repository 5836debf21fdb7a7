import { fail } from "k6";
import { acceptedBody } from "./shared/bodies.ts";
import { hasStatus } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { SIGNED_LOADS } from "./shared/loads.ts";
import { optionsOf } from "./shared/options.ts";
import { peerOf, sendSigned } from "./shared/signed.ts";
import { summaryOf } from "./shared/summary.ts";

/** Other servers tell that their users have accepted shares. */
export const options = optionsOf({ load: SIGNED_LOADS.notifications, endpoints: { notification: 500 } });
export const handleSummary = summaryOf("notifications");

const world = readWorld();
const origin = world.servers[0]?.origin ?? "";

export default async function (): Promise<void> {
  const answer = await sendSigned({ endpoint: "notification", role: "sender" }, (number) => {
    const { name, peer } = world.names[number % world.names.length] ?? fail("No share was prepared.");
    const url = `${origin}/ocm/notifications`;
    return { peer: peerOf(world, peer), url, mediaType: "application/json", body: acceptedBody(name) };
  });
  hasStatus("a notification", answer, 201);
}
