import { Trend } from "k6/metrics";
import { LIST_RECEIVED, listReceived } from "./gestures/list-received.ts";
import { holds } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { optionsOf } from "./shared/options.ts";
import { summaryOf } from "./shared/summary.ts";

const { servers, count } = readWorld();
const person = servers[0]?.lister;

/** A person who has been given a thousand shares lists them all, page by page. */
export const options = optionsOf({
  load: { kind: "people", count: 8, smokeCount: 2 },
  endpoints: { [LIST_RECEIVED]: 500 },
  more: { thresholds: { whole_list: ["p(95)<5000"] } },
});
export const handleSummary = summaryOf("list-thousand");

const whole = new Trend("whole_list", true);

export default async function (): Promise<void> {
  if (person === undefined) return;
  const from = Date.now();
  const found = await listReceived(person);
  whole.add(Date.now() - from);
  holds("every share is listed", found === count);
}
