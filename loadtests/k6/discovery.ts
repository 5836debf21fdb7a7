import { hasStatus, holds } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { optionsOf } from "./shared/options.ts";
import { send } from "./shared/requests.ts";
import { summaryOf } from "./shared/summary.ts";

/** The discovery document, which every server asks of every other. */
export const options = optionsOf({
  load: { kind: "rate", perSecond: 500, smokePerSecond: 50 },
  endpoints: { discovery: 250 },
});
export const handleSummary = summaryOf("discovery");

const [server] = readWorld().servers;

export default async function (): Promise<void> {
  const answer = await send({ endpoint: "discovery", role: "server" }, "GET", `${server?.origin}/.well-known/ocm`);
  hasStatus("discovery", answer, 200);
  holds("discovery is enabled", answer.status === 200 && answer.json("enabled") === true);
}
