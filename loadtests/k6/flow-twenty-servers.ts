import exec from "k6/execution";
import { ROUND_TRIP_LIMITS, shareRoundTrip } from "./gestures/share-round-trip.ts";
import { readWorld } from "./shared/data.ts";
import { optionsOf } from "./shared/options.ts";
import { summaryOf } from "./shared/summary.ts";

/** Invite, share, accept, read and unshare, between people on twenty servers. Every server meets many others. */
export const options = optionsOf({
  load: { kind: "people", count: 20, smokeCount: 4 },
  endpoints: ROUND_TRIP_LIMITS,
});
export const handleSummary = summaryOf("flow-twenty-servers");

const { servers, run } = readWorld();

export default async function (): Promise<void> {
  const number = exec.scenario.iterationInTest;
  const sender = servers[number % servers.length];
  // Each time around, each server has another partner.
  const apart = 1 + (Math.floor(number / servers.length) % (servers.length - 1));
  const receiver = servers[(number + apart) % servers.length];
  if (sender === undefined || receiver === undefined) return;
  await shareRoundTrip(sender, receiver, `flow-${run}-${number}.txt`);
}
