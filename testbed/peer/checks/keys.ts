import { createPublicKey, type JsonWebKey } from "node:crypto";
import type { Bench } from "../bench.ts";
import { isTaken, knowsSignatures } from "../bench.ts";
import type { Check } from "../check.ts";
import { Skipped } from "../tally.ts";
import { objectOf, shown } from "./answers.ts";

export const keys: Check = {
  name: "keys",
  line: "The keys are published, are public ones, and can be read.",
  ids: ["SIG-01", "SIG-09", "D-08"],
  async run(bench, tally) {
    if (!knowsSignatures(bench)) throw new Skipped("It does not sign: there is no capability http-sig.");
    const { jwksUri } = bench.document;
    const named = typeof jwksUri === "string" && bench.reach.allows(jwksUri) ? jwksUri : null;
    const wellKnown = `${bench.peer}/.well-known/jwks.json`;
    const sets = new Map<string, Record<string, unknown>[]>();
    for (const url of new Set([...(named === null ? [] : [named]), wellKnown])) {
      const set = await keySet(bench, url);
      if (typeof set === "string") tally.holds("D-08", false, `${url} answered with ${set}`);
      else sets.set(url, set);
    }
    if (named === null) tally.holds("D-08", false, "discovery names no jwksUri");
    const all = [...sets.values()].flat();
    if (!tally.holds("SIG-01", all.length > 0, "there is no key, neither at jwksUri nor at the well-known place"))
      return;
    const kids = new Set<string>();
    for (const key of all) {
      const { kid, kty } = key;
      tally.holds("SIG-01", typeof kid === "string" && kid !== "", `a key of the type ${String(kty)} has no kid`);
      tally.holds("SIG-09", key.d === undefined && key.k === undefined, `the key ${String(kid)} shows a secret`);
      tally.holds("SIG-01", isReadable(key), `the key ${String(kid)} cannot be read`);
      kids.add(`${String(key.crv ?? kty)} ${String(kid)}`);
    }
    tally.say([...kids].join(", "));
  },
};

/** The keys at an address, or what came instead. */
async function keySet(bench: Bench, url: string): Promise<Record<string, unknown>[] | string> {
  const answer = await bench.reach.send({ method: "GET", url, headers: { accept: "application/json" } });
  const found = objectOf(answer.json).keys;
  return isTaken(answer) && Array.isArray(found) ? found.map(objectOf) : shown(answer);
}

function isReadable(key: Record<string, unknown>): boolean {
  try {
    return createPublicKey({ key: key as JsonWebKey, format: "jwk" }).type === "public";
  } catch {
    return false;
  }
}
