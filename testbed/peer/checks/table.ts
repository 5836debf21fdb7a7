import type { Check } from "../check.ts";
import { acceptInvite, theirAcceptance, theirFile, theirNotification, theirShare } from "./by-hand.ts";
import { discovery, doctor, promises, resourceTypes, tls } from "./discovery.ts";
import { noTrace } from "./hygiene.ts";
import { keys } from "./keys.ts";
import { takenBack, unknownInvite, unknownShare, unsignedToken, wrongCode } from "./others.ts";
import { badJson, hugeBody, missingFields, nobody, share, shareAgain, unknownFields, wrongType } from "./shares.ts";
import { foreignSender, uncovered, unsigned, wrongDigest, wrongKey, wrongTime } from "./signatures.ts";

/** All checks, in the order in which they run. */
export const CHECKS: readonly Check[] = [
  discovery,
  resourceTypes,
  promises,
  tls,
  keys,
  doctor,
  acceptInvite,
  theirAcceptance,
  share,
  shareAgain,
  unknownFields,
  nobody,
  missingFields,
  badJson,
  wrongType,
  hugeBody,
  unsigned,
  wrongDigest,
  wrongKey,
  wrongTime,
  uncovered,
  foreignSender,
  unknownShare,
  unknownInvite,
  wrongCode,
  unsignedToken,
  takenBack,
  theirShare,
  theirFile,
  theirNotification,
  noTrace,
];

export const CHECK_NAMES: readonly string[] = CHECKS.map(({ name }) => name);

/** The checks of these names and all that they need, in their order; without names all. */
export function chosen(names: readonly string[] | null): Check[] {
  if (names === null) return [...CHECKS];
  const wanted = new Set<string>();
  const add = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const needed of CHECKS.find((check) => check.name === name)?.needs ?? []) add(needed);
  };
  for (const name of names) add(name);
  return CHECKS.filter(({ name }) => wanted.has(name));
}
