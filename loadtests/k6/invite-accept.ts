import encoding from "k6/encoding";
import exec from "k6/execution";
import { CREATE_INVITE, createInvite } from "./gestures/create-invite.ts";
import { inviteAcceptedBody } from "./shared/bodies.ts";
import { hasStatus, holds } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { optionsOf } from "./shared/options.ts";
import { send } from "./shared/requests.ts";
import { peerOf } from "./shared/signed.ts";
import { signedNow } from "./shared/signer.ts";
import { summaryOf } from "./shared/summary.ts";

/**
 * A person makes an invite, and another server tells that it was accepted. The token is known only then, so the request is
 * signed here, with P-256.
 */
export const options = optionsOf({
  load: { kind: "people", count: 20, smokeCount: 3 },
  endpoints: { [CREATE_INVITE]: 500, "invite-accepted": 500 },
});
export const handleSummary = summaryOf("invite-accept");

const world = readWorld();
const [server] = world.servers;

export default async function (): Promise<void> {
  if (server === undefined) return;
  const number = exec.scenario.iterationInTest;
  const peer = peerOf(world, number);
  // The invite string is the token and the address of the server, in base64url without padding.
  const [token = ""] = encoding.b64decode(await createInvite(server), "rawurl", "s").split("@");
  const { url, headers, body } = await signedNow(peer, {
    url: `${server.origin}/ocm/invite-accepted`,
    mediaType: "application/json",
    body: inviteAcceptedBody(token, peer.host, `person-${world.run}-${number}`),
    nonce: String(number),
  });
  const answer = await send({ endpoint: "invite-accepted", role: "sender" }, "POST", url, body, { headers });
  hasStatus("an accepted invite", answer, 200);
  holds("the inviting person is named", answer.status === 200 && answer.json("userID") !== undefined);
}
