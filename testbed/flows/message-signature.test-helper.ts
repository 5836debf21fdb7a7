import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A key of a fake peer. */
export interface FakeKey {
  kid: string;
  /** As it is published. */
  jwk: Record<string, unknown>;
  privateKey: KeyObject;
  /** Name in the registry of HTTP signature algorithms. */
  alg: string;
  hash: "sha256" | "sha384" | null;
}

const CURVES = {
  ed25519: { jose: "Ed25519", hash: null },
  "ecdsa-p256-sha256": { jose: "ES256", hash: "sha256", curve: "P-256" },
  "ecdsa-p384-sha384": { jose: "ES384", hash: "sha384", curve: "P-384" },
} as const;

/** A new key, published under this `kid`. */
export function fakeKey(kid: string, alg: keyof typeof CURVES = "ed25519"): FakeKey {
  const { jose, hash } = CURVES[alg];
  const { publicKey, privateKey } =
    alg === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: CURVES[alg].curve });
  return { kid, jwk: { ...publicKey.export({ format: "jwk" }), kid, alg: jose, use: "sig" }, privateKey, alg, hash };
}

/** What can be done differently from what the draft says. */
export interface Tweaks {
  label?: string;
  components?: string[];
  /** Seconds since the Unix epoch. */
  created?: number;
  keyid?: string;
  /** Null: left out. */
  alg?: string | null;
  tag?: string | null;
  /** More parameters, as they are written. */
  params?: string;
  /** Sign with this key instead. */
  key?: FakeKey;
  /** Make a MAC with a secret that both sides could know. */
  symmetric?: boolean;
  /** Use another digest than that of the body. */
  digest?: string;
  /** Sign for this address instead. */
  targetUri?: string;
  /** Send other bytes than a signature. */
  bytes?: Buffer;
}

export interface MessageToSign {
  method: string;
  url: string;
  body: Buffer;
  /** Milliseconds since the Unix epoch. */
  now: number;
}

const COMPONENTS = ["@method", "@target-uri", "content-digest", "content-length", "date"];

/**
 * The headers of a message with an OCM signature (RFC 9421, RFC 9530), written here anew from the RFCs so that the plugin's own
 * code is not checked against itself.
 */
export function signatureHeaders(message: MessageToSign, key: FakeKey, tweaks: Tweaks = {}): Record<string, string> {
  const { label = "ocm", components = COMPONENTS, tag = "ocm" } = tweaks;
  const signer = tweaks.key ?? key;
  const alg = tweaks.alg === undefined ? signer.alg : tweaks.alg;
  const headers: Record<string, string> = {
    "content-digest": tweaks.digest ?? `sha-256=:${createHash("sha256").update(message.body).digest("base64")}:`,
    "content-length": String(message.body.length),
    date: new Date(message.now).toUTCString(),
  };
  const params = [
    `(${components.map((name) => JSON.stringify(name)).join(" ")})`,
    `created=${tweaks.created ?? Math.floor(message.now / 1000)}`,
    `keyid=${JSON.stringify(tweaks.keyid ?? signer.kid)}`,
    ...(alg === null ? [] : [`alg=${JSON.stringify(alg)}`]),
    ...(tag === null ? [] : [`tag=${JSON.stringify(tag)}`]),
    ...(tweaks.params === undefined ? [] : [tweaks.params]),
  ].join(";");
  const derived: Record<string, string> = {
    "@method": message.method,
    "@target-uri": tweaks.targetUri ?? message.url,
    "@authority": new URL(message.url).host,
    "@path": new URL(message.url).pathname,
  };
  const lines = components.map((name) => `${JSON.stringify(name)}: ${derived[name] ?? headers[name] ?? ""}`);
  const base = Buffer.from([...lines, `"@signature-params": ${params}`].join("\n"));
  const bytes = tweaks.bytes ?? (tweaks.symmetric ? mac(base) : signed(base, signer));
  return { ...headers, "signature-input": `${label}=${params}`, signature: `${label}=:${bytes.toString("base64")}:` };
}

function signed(base: Buffer, { privateKey, hash }: FakeKey): Buffer {
  return sign(hash, base, { key: privateKey, dsaEncoding: "ieee-p1363" });
}

function mac(base: Buffer): Buffer {
  return createHmac("sha256", randomBytes(32)).update(base).digest();
}
