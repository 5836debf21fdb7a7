import { fail } from "k6";
import { tokenBody } from "./shared/bodies.ts";
import { hasStatus, holds } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { SIGNED_LOADS } from "./shared/loads.ts";
import { optionsOf } from "./shared/options.ts";
import { peerOf, sendSigned } from "./shared/signed.ts";
import { summaryOf } from "./shared/summary.ts";

/** The receivers of shares exchange their secrets for access tokens. */
export const options = optionsOf({ load: SIGNED_LOADS.token, endpoints: { token: 500 } });
export const handleSummary = summaryOf("token");

const world = readWorld();
const origin = world.servers[0]?.origin ?? "";

export default async function (): Promise<void> {
  const answer = await sendSigned({ endpoint: "token", role: "sender" }, (number) => {
    const { name, peer: at } = world.names[number % world.names.length] ?? fail("No share was prepared.");
    const peer = peerOf(world, at);
    return {
      peer,
      url: `${origin}/ocm/token`,
      mediaType: "application/x-www-form-urlencoded",
      body: tokenBody(peer.host, name),
    };
  });
  hasStatus("the token endpoint", answer, 200);
  holds("there is an access token", answer.status === 200 && String(answer.json("access_token")).startsWith("ocm_"));
}
