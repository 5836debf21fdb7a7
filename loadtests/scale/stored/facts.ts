import { hash } from "node:crypto";

/**
 * What the share with a number is: every process computes it, nobody has to keep it. Even ones are sent, odd ones received. People come
 * with the shares, and so do their peers: a few have many shares, many have a few.
 */

/** Peers that the stored shares are spread over. */
export const PEERS = 200;
const SHARES_PER_PERSON = 100;
const FEWEST_PEOPLE = 10;

/** Parts of the shares: in use, waiting, and over. */
const ACCEPTED = 0.7;
const PENDING = 0.15;

export type Fate = "accepted" | "pending" | "over";

/** How many people there are when there are so many shares. */
export function peopleAmong(shares: number): number {
  return Math.max(FEWEST_PEOPLE, Math.ceil(shares / SHARES_PER_PERSON));
}

export function isSent(index: number): boolean {
  return index % 2 === 0;
}

export function fateOf(index: number): Fate {
  const draw = drawn(index, 1);
  if (draw < ACCEPTED) return "accepted";
  return draw < ACCEPTED + PENDING ? "pending" : "over";
}

/** Is it a sent share that its receiver can open? */
export function isOpen(index: number): boolean {
  return isSent(index) && fateOf(index) !== "over";
}

/** The number of its person here. */
export function personOf(index: number): number {
  return Math.floor(peopleAmong(index + 1) * drawn(index, 2) ** 2);
}

/** The number of the peer at which the other person is. */
export function peerOf(index: number): number {
  return Math.floor(PEERS * drawn(index, 3) ** 2);
}

/** How old it is, from 0 to 1 of the oldest. */
export function ageOf(index: number): number {
  return drawn(index, 4);
}

/** Which of several alternatives it is. */
export function choiceOf(index: number, alternatives: number): number {
  return Math.floor(drawn(index, 5) * alternatives);
}

/** The sharedSecret of a sent one: 256 bits, as the server makes them. */
export function secretOf(seed: string, index: number): string {
  return hash("sha256", `${seed} secret ${index}`, "base64url");
}

/** The providerId: 128 bits, as the server makes them. */
export function providerIdOf(seed: string, index: number): string {
  return hash("sha256", `${seed} id ${index}`, "hex").slice(0, 32);
}

/** A number from 0 to below 1 that looks like chance (the finish of MurmurHash3). */
function drawn(index: number, purpose: number): number {
  let bits = Math.imul(index ^ (purpose * 0x9e3779b9), 0x85ebca6b) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35) >>> 0;
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
