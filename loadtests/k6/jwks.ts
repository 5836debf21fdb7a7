import { hasStatus, holds } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { optionsOf } from "./shared/options.ts";
import { send } from "./shared/requests.ts";
import { summaryOf } from "./shared/summary.ts";

/** The public keys of a server. */
export const options = optionsOf({
  load: { kind: "rate", perSecond: 500, smokePerSecond: 50 },
  endpoints: { jwks: 250 },
});
export const handleSummary = summaryOf("jwks");

const [server] = readWorld().servers;

export default async function (): Promise<void> {
  const answer = await send({ endpoint: "jwks", role: "server" }, "GET", `${server?.origin}/.well-known/jwks.json`);
  hasStatus("the key set", answer, 200);
  holds("the key set has a key", answer.status === 200 && answer.json("keys.0.kid") !== undefined);
}
