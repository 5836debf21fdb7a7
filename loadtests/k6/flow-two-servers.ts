import exec from "k6/execution";
import { ROUND_TRIP_LIMITS, shareRoundTrip } from "./gestures/share-round-trip.ts";
import { readWorld } from "./shared/data.ts";
import { optionsOf } from "./shared/options.ts";
import { summaryOf } from "./shared/summary.ts";

/** Invite, share, accept, read and unshare, between people on two servers. */
export const options = optionsOf({
  load: { kind: "people", count: 16, smokeCount: 2 },
  endpoints: ROUND_TRIP_LIMITS,
});
export const handleSummary = summaryOf("flow-two-servers");

const { servers, run } = readWorld();
const [first, second] = servers;

export default async function (): Promise<void> {
  if (first === undefined || second === undefined) return;
  const number = exec.scenario.iterationInTest;
  const [sender, receiver] = number % 2 === 0 ? [first, second] : [second, first];
  await shareRoundTrip(sender, receiver, `flow-${run}-${number}.txt`);
}
