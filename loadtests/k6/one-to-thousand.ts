import { sleep } from "k6";
import exec from "k6/execution";
import { SHARE_FILE, shareFile } from "./gestures/share-file.ts";
import { UPLOAD_FILE, uploadFile } from "./gestures/upload-file.ts";
import { hasStatus, holds } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { optionsOf, profileOfRun } from "./shared/options.ts";
import { API, sendAs } from "./shared/requests.ts";
import { summaryOf } from "./shared/summary.ts";

const { servers, run, count } = readWorld();
const [sender, receiver] = servers;
const name = `for-everybody-${run}.txt`;

/** One file is shared with a thousand people on another server, and every one of them gets it. */
export const options = optionsOf({
  load: { kind: "people", count: 16, smokeCount: 4 },
  endpoints: { [UPLOAD_FILE]: 1000, [SHARE_FILE]: 2500, "list-sent": 1000 },
  more: {
    // Whatever the profile: there are as many iterations as recipients.
    scenarios: {
      [profileOfRun()]: { executor: "shared-iterations", vus: 16, iterations: count, maxDuration: "10m" },
    },
    teardownTimeout: "60s",
  },
});
export const handleSummary = summaryOf("one-to-thousand");

export async function setup(): Promise<void> {
  if (sender !== undefined) await uploadFile(sender, `/${name}`, "A file for everybody.\n");
}

export default async function (): Promise<void> {
  if (sender === undefined || receiver === undefined) return;
  const host = receiver.address.split("@").at(-1);
  await shareFile(sender, `/${name}`, `recipient${exec.scenario.iterationInTest}@${host}`);
}

/** How long the other server may take for what is still on its way. */
const PATIENCE = 40;

export async function teardown(): Promise<void> {
  if (sender === undefined) return;
  let arrived = 0;
  for (let look = 0; look < PATIENCE && arrived < count; look += 1) {
    // k6 stands still meanwhile, as nothing else is under way.
    if (look > 0) await sleep(1);
    arrived = 0;
    for (let after = ""; ; ) {
      const place = { endpoint: "list-sent", role: "sender" } as const;
      const answer = await sendAs(sender, place, "GET", `${API}/shares/sent?limit=100${after}`);
      if (!hasStatus("listing what was sent", answer, 200)) return;
      const { items, next } = answer.json() as { items: { name: string; status: string }[]; next?: string };
      arrived += items.filter((share) => share.name === name && share.status === "pending").length;
      if (next === undefined) break;
      after = `&after=${encodeURIComponent(next)}`;
    }
  }
  holds("everybody got the share", arrived === count);
}
