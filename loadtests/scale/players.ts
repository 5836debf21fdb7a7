import { createHash, createPrivateKey, createPublicKey, hash, type KeyObject } from "node:crypto";
import type { Signing } from "../bench/generator/signed-post.ts";
import type { PublicIdentity } from "../bench/identity.ts";

/** Many peers at one port, each with a host name and a key of its own. All of it follows from the seed, so that processes agree. */
export interface Players {
  seed: string;
  port: number;
}

/** Their names are below this one. */
export const PLAYERS_BELOW = "peers.localhost";

/** What comes before the 32 bytes of an Ed25519 key (RFC 8410 section 7). */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** The host of the peer with this number. */
export function hostOf({ port }: Players, number: number): string {
  return `p${number}.${PLAYERS_BELOW}:${port}`;
}

/** The number in a host name; undefined where it is no peer's. */
export function numberOf(host: string): number | undefined {
  const digits = /^p(\d{1,9})\./.exec(host)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The x of a peer's public key, as its JWK has it (RFC 8037). */
export function publicPart({ seed }: Players, number: number): string {
  const { x = "" } = createPublicKey(keyOf(seed, number)).export({ format: "jwk" });
  return x;
}

/** What others are told of a peer. */
export function identityOf(players: Players, number: number, x: string): PublicIdentity {
  const host = hostOf(players, number);
  return { host, keyid: keyidOf(host, x), publicJwk: { kty: "OKP", crv: "Ed25519", x } };
}

/** How a peer signs. */
export function signingAs(players: Players, number: number): Signing {
  const host = hostOf(players, number);
  return { host, keyid: keyidOf(host, publicPart(players, number)), key: keyOf(players.seed, number) };
}

/** How each of them signs: keys are made once. */
export function createSigners(players: Players): (number: number) => Signing {
  const known = new Map<number, Signing>();
  return (number) => {
    const signing = known.get(number) ?? signingAs(players, number);
    known.set(number, signing);
    return signing;
  };
}

function keyOf(seed: string, number: number): KeyObject {
  const secret = createHash("sha256").update(`${seed} key ${number}`).digest();
  return createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: "der", type: "pkcs8" });
}

function keyidOf(host: string, x: string): string {
  return `https://${host}/ocm#${hash("sha256", JSON.stringify({ crv: "Ed25519", kty: "OKP", x }), "base64url")}`;
}
