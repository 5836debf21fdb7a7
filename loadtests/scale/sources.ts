import { randomInt } from "node:crypto";
import { signedPost, signingOf } from "../bench/generator/signed-post.ts";
import type { Identity } from "../bench/identity.ts";
import { pathByName } from "../bench/paths/all.ts";
import type { Requests } from "../bench/paths/path.ts";
import { notice } from "../bench/paths/share-intake.ts";
import { createSigners, hostOf, type Players } from "./players.ts";
import { isOpen, peerOf, secretOf } from "./stored/facts.ts";

/** What the requests of one load are made of. It is copied to the generator. */
export type Source =
  | { kind: "several"; requests: readonly Buffer[] }
  /** Those of a path of the bench. */
  | { kind: "path"; path: string; origin: string; identity: Identity; material: unknown }
  /** New shares, of each peer in turn, for people up to this number. */
  | { kind: "shares"; origin: string; players: Players; peers: number; people: number }
  /** Exchanges for shares that were filled in, wherever they are in the store. */
  | { kind: "tokens"; origin: string; players: Players; stored: number };

/** Makes the requests that a source tells of. */
export function requestsOf(source: Source): Requests {
  switch (source.kind) {
    case "several":
      return { several: source.requests };
    case "path": {
      const { path, origin, identity, material } = source;
      return pathByName(path).requests({ origin, signing: signingOf(identity) }, material);
    }
    case "shares":
      return newShares(source);
    case "tokens":
      return exchanges(source);
  }
}

function newShares({ origin, players, peers, people }: Extract<Source, { kind: "shares" }>): Requests {
  const { host } = new URL(origin);
  const signerOf = createSigners(players);
  let count = 0;
  return {
    make() {
      const signing = signerOf(count % peers);
      const body = JSON.stringify(notice(count++, host, signing.host, randomInt(people)));
      return signedPost({ url: `${origin}/ocm/shares`, mediaType: "application/json", body }, signing);
    },
  };
}

function exchanges({ origin, players, stored }: Extract<Source, { kind: "tokens" }>): Requests {
  const url = `${origin}/ocm/token`;
  const signerOf = createSigners(players);
  let count = 0;
  const anyOpen = () => {
    let index = randomInt(stored);
    while (!isOpen(index)) index = randomInt(stored);
    return index;
  };
  return {
    make() {
      const index = anyOpen();
      const peer = peerOf(index);
      const client = encodeURIComponent(hostOf(players, peer));
      const body = `grant_type=authorization_code&client_id=${client}&code=${secretOf(players.seed, index)}`;
      // The endpoint refuses a signature that it has seen.
      const nonce = String(count++);
      return signedPost({ url, mediaType: "application/x-www-form-urlencoded", body, nonce }, signerOf(peer));
    },
  };
}
