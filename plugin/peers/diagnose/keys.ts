import type { PublicJwk } from "../../ports/crypto.ts";
import { PeerFailure } from "../../ports/peer-client.ts";
import { isObject } from "../../protocol/json.ts";
import { has } from "../../protocol/profile.ts";
import { algorithmOf, importPublicJwk } from "../../signing/jwk.ts";
import type { Examination } from "./examination.ts";
import { failed, ok, shown, skipped, type Verdict, warning } from "./finding.ts";

/** More keys than this are not described. */
const MANY_KEYS = 8;
const CONSEQUENCE = "What it signs with them is refused here; its operator has to publish an Ed25519 or ECDSA key.";

/** Its JWK Set: where it is, and which of its keys would be accepted. */
export async function checkKeys({ host, keys, exchanges, found }: Examination): Promise<Verdict> {
  const profile = found.discovered?.profile;
  if (profile === undefined) return skipped("There is no discovery document.");
  const signs = has(profile, "http-sig");
  try {
    await keys.find(host, "");
  } catch (error) {
    if (!(error instanceof PeerFailure)) throw error;
    if (!signs) return skipped("It does not advertise http-sig and publishes no keys.");
    return failed(
      error.message,
      "Its operator has to serve the JWK Set that discovery names, or /.well-known/jwks.json.",
    );
  }
  const url = exchanges.at(-1)?.url ?? host;
  const document = keys.peek(host)?.keys;
  const judged = (Array.isArray(document) ? document : []).map((item) => judge(item, host));
  if (judged.length === 0)
    return failed(`${url} holds no key.`, "Its operator has to publish the key that it signs with.");

  const list = judged.slice(0, MANY_KEYS).map(({ name, fault }) => `${name} ${fault ?? "is accepted"}`);
  const more = judged.length > MANY_KEYS ? ` and ${judged.length - MANY_KEYS} more` : "";
  const message = `${url}: ${list.join("; ")}${more}.`;
  if (judged.some(({ leaked }) => leaked)) {
    return failed(`${message} A private key is published there.`, "Tell its operator at once: the key is lost.");
  }
  if (judged.every(({ fault }) => fault !== null)) return failed(message, CONSEQUENCE);
  return judged.some(({ fault }) => fault !== null) ? warning(message, CONSEQUENCE) : ok(message);
}

interface Judged {
  /** Algorithm and `kid`. */
  name: string;
  /** Why a signature with it would be refused, as the end of a sentence. */
  fault: string | null;
  /** Its private part is there too. */
  leaked: boolean;
}

function judge(item: unknown, host: string): Judged {
  if (!isObject(item)) return { name: "an entry", fault: "is no key", leaked: false };
  const [kty, crv, alg, kid] = [item.kty, item.crv, item.alg, item.kid].map((value) =>
    typeof value === "string" ? shown(value, 100) : "",
  );
  const name = `${alg || crv || kty || "a key"}${kid ? ` ${kid}` : ""}`;
  return { name, fault: faultOf(item, host), leaked: typeof item.d === "string" };
}

/** The rules of the verifier, one by one (D-08, D-19 to D-24, G-01). */
function faultOf(item: Record<string, unknown>, host: string): string | null {
  const { kty, kid, use } = item;
  if (kty === "oct") return "is symmetric";
  if (typeof kid !== "string" || kid === "") return "has no kid";
  if (use !== undefined && use !== "sig") return "is not for signatures";
  const named = /^https?:/i.test(kid) ? URL.parse(kid)?.host : undefined;
  if (named !== undefined && named !== host) return `names the host ${shown(named)}`;
  const jwk = item as unknown as PublicJwk;
  if (algorithmOf(jwk) === undefined) {
    const known = algorithmOf({ kty: String(kty), crv: String(item.crv) }) !== undefined;
    return known ? "has an alg that is not of its kind" : "is of no accepted algorithm";
  }
  try {
    importPublicJwk(jwk);
    return null;
  } catch {
    return "is not a valid key";
  }
}
