import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A key with which the checks sign; the reference server publishes it beside its own. */
export interface CheckKey {
  kid: string;
  /** As it is published. */
  jwk: Record<string, unknown>;
  privateKey: KeyObject;
}

/** What is done differently from what the draft says. */
export interface Tweaks {
  /** Sign with this key, under the name of the right one. */
  key?: CheckKey;
  /** Seconds that `created` and `date` are later than now. */
  later?: number;
  /** Sign for this body instead. */
  otherBody?: Buffer;
  /** Leave these components out. */
  uncovered?: readonly string[];
}

export interface Signable {
  method: string;
  url: string;
  body: Buffer;
}

const COMPONENTS = ["@method", "@target-uri", "content-digest", "content-length", "date"];

/** @param origin scheme and host[:port] of the server that publishes it, whose own keys are named alike */
export function checkKey(origin: string): CheckKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const kid = `${origin}/ocm#checks`;
  return { kid, jwk: { ...publicKey.export({ format: "jwk" }), kid, alg: "Ed25519", use: "sig" }, privateKey };
}

/** Headers of a message with an OCM signature that suits -05 and later texts (RFC 9421, RFC 9530). */
export function signed({ method, url, body }: Signable, key: CheckKey, tweaks: Tweaks = {}): Record<string, string> {
  const { later = 0, otherBody = body, uncovered = [] } = tweaks;
  const now = Date.now() + later * 1000;
  const headers: Record<string, string> = {
    "content-digest": `sha-256=:${createHash("sha256").update(otherBody).digest("base64")}:`,
    "content-length": String(body.length),
    date: new Date(now).toUTCString(),
  };
  const components = COMPONENTS.filter((name) => !uncovered.includes(name));
  const inner = components.map((name) => JSON.stringify(name)).join(" ");
  const params = `(${inner});created=${Math.floor(now / 1000)};keyid=${JSON.stringify(key.kid)};alg="ed25519";tag="ocm"`;
  const derived: Record<string, string> = { "@method": method, "@target-uri": url };
  const lines = components.map((name) => `${JSON.stringify(name)}: ${derived[name] ?? headers[name] ?? ""}`);
  const base = Buffer.from([...lines, `"@signature-params": ${params}`].join("\n"));
  const bytes = sign(null, base, (tweaks.key ?? key).privateKey);
  return { ...headers, "signature-input": `ocm=${params}`, signature: `ocm=:${bytes.toString("base64")}:` };
}
