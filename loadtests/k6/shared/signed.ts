import { fail } from "k6";
import exec from "k6/execution";
import { prepared } from "./data.ts";
import { profileOfRun } from "./options.ts";
import { signsBefore } from "./profiles.ts";
import { type Answer, type Place, send } from "./requests.ts";
import { signedNow } from "./signer.ts";
import type { PreparedRequest, World, WorldPeer } from "./world.ts";

/** What is to be signed where nothing was before the run. */
export interface Unsigned {
  peer: WorldPeer;
  url: string;
  mediaType: string;
  body: string;
}

/**
 * Sends the signed request of this iteration: the one that was prepared, with Ed25519; in a soak one that is signed now, with
 * P-256.
 */
export async function sendSigned(place: Place, make: (number: number) => Unsigned): Promise<Answer> {
  const { url, headers, body } = await requestOf(make);
  return send(place, "POST", url, body, { headers });
}

async function requestOf(make: (number: number) => Unsigned): Promise<PreparedRequest> {
  const number = exec.scenario.iterationInTest;
  if (!signsBefore(profileOfRun())) {
    const { peer, ...post } = make(number);
    return signedNow(peer, { ...post, nonce: String(number) });
  }
  return prepared(number) ?? fail(`Request ${number} was not prepared.`);
}

/** One of the peers, in turn. */
export function peerOf({ peers }: World, number: number): WorldPeer {
  return peers[number % peers.length] ?? fail("No peer was prepared.");
}
