import type { PublicJwk } from "../ports/crypto.ts";
import { isObject } from "../protocol/json.ts";

/** More keys than this in one set are not looked at. */
const MAX_KEYS = 32;
/** Longest value of a member: an RSA modulus of 16,384 bits has 2,731 characters. */
const MAX_LENGTH = 4096;

const OPTIONAL_MEMBERS = ["crv", "x", "y", "n", "e", "alg", "use"] as const;

/**
 * The public signing keys of a JWK Set (RFC 7517) by `kid`, without members that are not public. Keys without `kid`, for other uses or
 * symmetric, and anything else that cannot be used, are left out; of keys with the same `kid` the first counts.
 * @returns undefined when it is no JWK Set
 */
export function readJwks(json: unknown): Map<string, PublicJwk> | undefined {
  if (!isObject(json) || !Array.isArray(json.keys)) return undefined;
  const keys = new Map<string, PublicJwk>();
  for (const item of json.keys.slice(0, MAX_KEYS)) {
    const key = readKey(item);
    if (key?.kid !== undefined && !keys.has(key.kid)) keys.set(key.kid, key);
  }
  return keys;
}

function readKey(item: unknown): PublicJwk | undefined {
  if (!isObject(item)) return undefined;
  const kty = text(item.kty);
  const kid = text(item.kid);
  const use = item.use === undefined || item.use === "sig";
  if (kty === undefined || kid === undefined || kty === "oct" || !use) return undefined;
  const key: PublicJwk = { kty, kid };
  for (const member of OPTIONAL_MEMBERS) {
    const value = text(item[member]);
    if (value !== undefined) key[member] = value;
  }
  return key;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= MAX_LENGTH ? value : undefined;
}
