import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import type { InboundMessage, KeySource, PublicJwk } from "../ports/crypto.ts";
import { PeerFailure } from "../ports/peer-client.ts";
import { OcmError } from "../protocol/errors.ts";
import {
  BODY,
  codeOf,
  type Forgery,
  forge,
  HOST,
  KEYID,
  keysOf,
  NOW,
  NOW_SECONDS,
  replaceHeader,
  TARGET,
  testSystem,
  withHeader,
} from "./signing.test-helper.ts";
import { createVerifier } from "./verifier.ts";

const ed25519 = generateKeyPairSync("ed25519");
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });

function jwkOf(publicKey: KeyObject, more: Partial<PublicJwk> = {}): PublicJwk {
  return { ...(publicKey.export({ format: "jwk" }) as PublicJwk), kid: KEYID, use: "sig", ...more };
}

const JWK = jwkOf(ed25519.publicKey, { alg: "Ed25519" });
const KEYS = keysOf(HOST, JWK);

const system = testSystem();
const verifier = createVerifier({ system, strictDate: false });
const strict = createVerifier({ system, strictDate: true });

const verify = (message: InboundMessage, keys: KeySource = KEYS, host = HOST) => verifier.verify(message, host, keys);
const refusal = (message: InboundMessage, keys?: KeySource, host?: string) => codeOf(() => verify(message, keys, host));
const forged = (forgery: Forgery = {}) => forge(ed25519.privateKey, forgery);
const params = (text: string) => forged({ params: text });

const FOUR = ["@method", "@target-uri", "content-digest", "content-length"];

describe("a signature that is in order", () => {
  it("is verified with the key of the claimed host, and identified", async () => {
    const message = forged();
    expect(await verify(message)).toEqual({
      keyid: KEYID,
      created: NOW_SECONDS,
      signature: /ocm=:(.+):/.exec(message.rawHeaders[3] ?? "")?.[1],
    });
  });

  it("verifies with the true example of the draft's later text", async () => {
    const body = Buffer.from(`{
  "shareWith": "marie@receiver.example.org",
  "name": "spec.yaml",
  "providerId": "7c084226-d9a1-11e6-bf26-cec0c932ce01",
  "owner": "einstein@sender.example.org",
  "sender": "einstein@sender.example.org",
  "ownerDisplayName": "Albert Einstein",
  "senderDisplayName": "Albert Einstein",
  "shareType": "user",
  "resourceType": "file",
  "protocol": {
    "name": "multi",
    "webdav": {
      "uri": "spec.yaml",
      "sharedSecret": "hfiuhworzwnur98d3wjiwhr",
      "permissions": ["read", "write"]
    }
  }
}`);
    expect(body.length).toBe(521);
    const jwk = {
      kty: "OKP",
      crv: "Ed25519",
      alg: "Ed25519",
      kid: "sender.example.org#key1",
      x: "AzeStPAdQ-vbi6bJVxcQjBPF2I7fDZdfDZ_XZ3J4Azs",
    };
    const message = {
      method: "POST",
      targetUri: "https://receiver.example.org/ocm/shares",
      body,
      rawHeaders: [
        ...["Host", "receiver.example.org", "Content-Type", "application/json"],
        ...["Content-Digest", "sha-256=:/Uz47cfD1HOdMTIqcWjd84iMLQ4gVJdC7ZFACf1ViqU=:", "Content-Length", "521"],
        "Signature-Input",
        'sig1=("@method" "@target-uri" "content-digest" "content-length");created=1785060500;keyid="sender.example.org#key1";alg="ed25519";tag="ocm"',
        "Signature",
        "sig1=:Epax4XFqvbrrDzQUAaNl+uECasEKbArgz8AlEkXspvYX2fSkQFlCkaXImZnYU898C2t0IdmbFhjR8bkN0hZgCg==:",
      ],
    };
    const then = createVerifier({ system: testSystem(1_785_060_500_000), strictDate: false });
    expect(await then.verify(message, HOST, keysOf(HOST, jwk))).toMatchObject({ created: 1785060500 });
    const later = { ...message, body: Buffer.from(body.toString().replace("marie", "maria")) };
    expect(await codeOf(() => then.verify(later, HOST, keysOf(HOST, jwk)))).toBe("signature-digest");
  });

  it.each([
    ["label and tag (the profile of both texts)", {}],
    ["the tag under another label (D-18)", { label: "sig1" }],
    ["the label without a tag (SIG-08, SIG-10)", { params: `;created=${NOW_SECONDS};keyid="${KEYID}"` }],
    ["no alg (D-22)", { params: `;created=${NOW_SECONDS};keyid="${KEYID}";tag="ocm"` }],
    [
      "a nonce and an end",
      { params: `;created=${NOW_SECONDS};keyid="${KEYID}";expires=${NOW_SECONDS};nonce="n";tag="ocm"` },
    ],
    ["no date covered (D-15)", { components: FOUR }],
    ["more covered than is asked for", { components: [...FOUR, "@authority", "@path", "@query", "content-type"] }],
    ["a SHA-512 digest", { body: Buffer.alloc(0), fields: { "content-digest": emptySha512() } }],
    ["a body without bytes", { body: Buffer.alloc(0) }],
    ["the keyid of a host and a fragment", { params: `;created=${NOW_SECONDS};keyid="${HOST}#key1";tag="ocm"` }],
  ] satisfies [string, Forgery][])("passes with %s", async (_, forgery) => {
    const keys = keysOf(HOST, JWK, { ...JWK, kid: `${HOST}#key1` });
    expect(await verify(forged(forgery), keys)).toMatchObject({ created: NOW_SECONDS });
  });

  it.each([
    ["P-256", p256, "sha256", "ES256"],
    ["P-384", p384, "sha384", "ES384"],
  ] as const)("passes with ECDSA %s, with or without alg in its JWK", async (_, pair, hash, alg) => {
    const message = forge(pair.privateKey, { hash, params: `;created=${NOW_SECONDS};keyid="${KEYID}";tag="ocm"` });
    await verify(message, keysOf(HOST, jwkOf(pair.publicKey, { alg })));
    await verify(message, keysOf(HOST, jwkOf(pair.publicKey)));
    const altered = replaceHeader(message, "date", () => "another day");
    expect(await refusal(altered, keysOf(HOST, jwkOf(pair.publicKey)))).toBe("signature-invalid");
    const short = replaceHeader(message, "signature", () => "ocm=:AAAA:");
    expect(await refusal(short, keysOf(HOST, jwkOf(pair.publicKey)))).toBe("signature-invalid");
  });

  it("is identified by what a third party cannot change, for ECDSA too", async () => {
    const message = forge(p256.privateKey, {
      hash: "sha256",
      params: `;created=${NOW_SECONDS};keyid="${KEYID}";tag="ocm"`,
    });
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const mirrored = replaceHeader(message, "signature", (value) => {
      const bytes = Buffer.from(value.slice(5, -1), "base64");
      const s = order - BigInt(`0x${bytes.subarray(32).toString("hex")}`);
      return `ocm=:${Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex")]).toString("base64")}:`;
    });
    const keys = keysOf(HOST, jwkOf(p256.publicKey));
    expect(mirrored.rawHeaders).not.toEqual(message.rawHeaders);
    expect((await verify(mirrored, keys)).signature).toBe((await verify(message, keys)).signature);
  });

  it("passes beside signatures of others, which play no part (SIG-13, SIG-14)", async () => {
    const message = withHeader(forged(), "Signature-Input", 'proxy=("@method";req);tag="x, ocm=y", old=();created=1');
    expect(await verify(withHeader(message, "Signature", "proxy=:AAAA:, old=:AAAA:, old=:BBBB:"))).toBeDefined();
  });

  it("passes when its fields come in one line with those of others, before or after", async () => {
    const before = replaceHeader(forged(), "signature-input", (value) => `a=();x="\\", ocm=()", ${value}, z=()`);
    expect(await verify(replaceHeader(before, "signature", (value) => `a=:AAAA:,${value}\t, z=:AAAA:`))).toBeDefined();
  });

  it.each([
    `https://${HOST}/ocm#key1`,
    `https://${HOST.toUpperCase()}/x`,
    `https://${HOST}:443/x`,
    `http://${HOST}/x`,
    "urn:example:key",
    "v1.2#key1",
    "key1",
  ])("passes with the keyid %s of the claimed host, or of none (G-01)", async (kid) => {
    const message = params(`;created=${NOW_SECONDS};keyid="${kid}";tag="ocm"`);
    expect((await verify(message, keysOf(HOST, { ...JWK, kid }))).keyid).toBe(kid);
  });

  it("passes for hosts with a port", async () => {
    const kid = "http://localhost:9200/ocm#key1";
    const message = params(`;created=${NOW_SECONDS};keyid="${kid}";tag="ocm"`);
    expect(await verify(message, keysOf("localhost:9200", { ...JWK, kid }), "localhost:9200")).toBeDefined();
    expect(await refusal(message, keysOf("localhost", { ...JWK, kid }), "localhost")).toBe("signature-host");
    const standard = params(`;created=${NOW_SECONDS};keyid="http://localhost/ocm#key1";tag="ocm"`);
    const keys = keysOf("localhost:80", { ...JWK, kid: "http://localhost/ocm#key1" });
    expect(await verify(standard, keys, "localhost:80")).toBeDefined();
  });
});

describe("a signature is refused as signature-missing", () => {
  it.each([
    ["there is none (SIG-12)", { fields: { "signature-input": undefined, signature: undefined } }],
    ["all are of others (SIG-12)", { label: "sig1", params: `;created=${NOW_SECONDS};keyid="${KEYID}"` }],
    ["the label ocm has another tag", { params: `;created=${NOW_SECONDS};keyid="${KEYID}";tag="proxy"` }],
  ] satisfies [string, Forgery][])("when %s", async (_, forgery) => {
    expect(await refusal(forged(forgery))).toBe("signature-missing");
  });

  it("when it is one of draft-cavage", async () => {
    const message = forged({ fields: { "signature-input": undefined } });
    expect(await refusal(message)).toBe("signature-missing");
  });
});

describe("a signature is refused as signature-several", () => {
  it("when two labels have the tag (SIG-11, D-25)", async () => {
    const second = withHeader(forged(), "Signature-Input", 'other=("@method");tag="ocm"');
    expect(await refusal(withHeader(second, "Signature", "other=:AAAA:"))).toBe("signature-several");
  });

  it("when the label ocm is there twice in one line (SIG-08, SIG-11)", async () => {
    const doubled = replaceHeader(forged(), "signature-input", (value) => `${value}, ${value}`);
    expect(await refusal(doubled)).toBe("signature-several");
  });

  it("when the label ocm is there twice in two lines (SIG-08, SIG-11)", async () => {
    const message = forged();
    expect(await refusal(withHeader(message, "SIGNATURE-INPUT", message.rawHeaders[1] ?? ""))).toBe(
      "signature-several",
    );
  });

  it("when another entry, with no tag, has the same label", async () => {
    const message = forged({ label: "sig1" });
    expect(await refusal(withHeader(message, "Signature-Input", "sig1=()"))).toBe("signature-several");
  });

  it("when its label has two signatures, in one line or two", async () => {
    const message = forged();
    expect(await refusal(replaceHeader(message, "signature", (value) => `ocm=:AAAA:, ${value}`))).toBe(
      "signature-several",
    );
    expect(await refusal(withHeader(message, "Signature", "ocm=:AAAA:"))).toBe("signature-several");
  });
});

describe("a signature is refused as signature-malformed", () => {
  it.each([
    ["Signature-Input cannot be parsed", "signature-input", (value: string) => `${value} x`],
    ["Signature-Input is cut short", "signature-input", (value: string) => value.slice(0, 20)],
    ["it has no list of components", "signature-input", () => `ocm="x";created=${NOW_SECONDS};keyid="k";tag="ocm"`],
    ["Signature has another label", "signature", (value: string) => value.replace("ocm", "sig1")],
    ["Signature cannot be parsed", "signature", (value: string) => value.slice(0, -1)],
    ["Signature is no byte sequence", "signature", () => 'ocm="abc"'],
    ["Signature is empty", "signature", () => ""],
    ["a component is no string", "signature-input", (value: string) => value.replace('"date"', "date")],
  ])("when %s", async (_, name, change) => {
    expect(await refusal(replaceHeader(forged(), name, change))).toBe("signature-malformed");
  });

  it.each([
    ["Signature is missing", { fields: { signature: undefined } }],
    ["a component is covered twice", { components: [...FOUR, "@method"] }],
    ["created is a string", { params: `;created="${NOW_SECONDS}";keyid="${KEYID}";tag="ocm"` }],
    ["created has a fraction", { params: `;created=${NOW_SECONDS}.5;keyid="${KEYID}";tag="ocm"` }],
    ["created is a flag", { params: `;created;keyid="${KEYID}";tag="ocm"` }],
    ["expires is a date", { params: `;created=${NOW_SECONDS};expires=@${NOW_SECONDS};keyid="${KEYID}";tag="ocm"` }],
    ["keyid is a token", { params: `;created=${NOW_SECONDS};keyid=key1;tag="ocm"` }],
    ["alg is a token", { params: `;created=${NOW_SECONDS};keyid="${KEYID}";alg=ed25519;tag="ocm"` }],
  ] satisfies [string, Forgery][])("when %s", async (_, forgery) => {
    expect(await refusal(forged(forgery))).toBe("signature-malformed");
  });
});

describe("a signature is refused as signature-components", () => {
  it.each(FOUR)("when %s is not covered (SIG-02, SIG-04, D-23)", async (name) => {
    const components = [...FOUR, "date"].filter((other) => other !== name);
    expect(await refusal(forged({ components }))).toBe("signature-components");
  });

  it("when date is not covered and the -05 setting is on, and only then (SIG-04)", async () => {
    const message = forged({ components: FOUR });
    expect(await codeOf(() => strict.verify(message, HOST, KEYS))).toBe("signature-components");
    expect(await strict.verify(forged(), HOST, KEYS)).toBeDefined();
    expect(await verify(message)).toBeDefined();
  });

  it.each([
    ["created is missing (SIG-03, SIG-04)", { params: `;keyid="${KEYID}";tag="ocm"` }],
    ["keyid is missing (D-16, D-23)", { params: `;created=${NOW_SECONDS};tag="ocm"` }],
    ["it covers a field that is not there", { components: [...FOUR, "date"], fields: { date: undefined } }],
    ["it covers what is not known", { components: [...FOUR, "@status"] }],
  ] satisfies [string, Forgery][])("when %s", async (_, forgery) => {
    expect(await refusal(forged(forgery))).toBe("signature-components");
  });

  it.each([";req", ";sf", ";bs", ';key="sha-256"', ";tr"])(
    "when a component has the parameter %s",
    async (parameter) => {
      const change = (value: string) => value.replace('"content-digest"', `"content-digest"${parameter}`);
      expect(await refusal(replaceHeader(forged(), "signature-input", change))).toBe("signature-components");
    },
  );
});

describe("the time of a signature", () => {
  it.each([
    [0, "passes"],
    [-300, "passes"],
    [-301, "signature-stale"],
    [-86_400, "signature-stale"],
    [60, "passes"],
    [61, "signature-future"],
    [86_400_000, "signature-future"],
  ])("of %d seconds from now: %s (SIG-05)", async (offset, verdict) => {
    const message = params(`;created=${NOW_SECONDS + offset};keyid="${KEYID}";tag="ocm"`);
    const outcome = await verify(message).then(
      () => "passes",
      (error: unknown) => (error instanceof OcmError ? error.code : error),
    );
    expect(outcome).toBe(verdict);
  });

  it("is measured against windows that can be set", async () => {
    const narrow = createVerifier({ system, strictDate: false, skew: 0, window: 10 });
    const past = params(`;created=${NOW_SECONDS - 11};keyid="${KEYID}";tag="ocm"`);
    const future = params(`;created=${NOW_SECONDS + 1};keyid="${KEYID}";tag="ocm"`);
    expect(await codeOf(() => narrow.verify(past, HOST, KEYS))).toBe("signature-stale");
    expect(await codeOf(() => narrow.verify(future, HOST, KEYS))).toBe("signature-future");
  });

  it("ends with expires", async () => {
    const message = params(`;created=${NOW_SECONDS - 9};expires=${NOW_SECONDS - 1};keyid="${KEYID}";tag="ocm"`);
    expect(await refusal(message)).toBe("signature-stale");
  });

  it("is that of created, whatever date says", async () => {
    expect(await verify(forged({ fields: { date: new Date(NOW - 86_400_000).toUTCString() } }))).toBeDefined();
  });
});

describe("a signature is refused as signature-digest", () => {
  it.each([
    ["the body is another one", { ...forged(), body: Buffer.from(BODY.toString().replace("marie", "maria")) }],
    ["the body is longer", { ...forged(), body: Buffer.concat([BODY, BODY]) }],
    ["content-length is not that of the body", forged({ fields: { "content-length": "7" } })],
    ["content-length is written otherwise", forged({ fields: { "content-length": `0${BODY.length}` } })],
    ["content-length is not there (a chunked body)", forged({ fields: { "content-length": undefined } })],
    ["content-digest is not there", forged({ fields: { "content-digest": undefined } })],
    ["no digest is known", forged({ fields: { "content-digest": "md5=:AAAA:" } })],
    ["the signed digest is of another body (SIG-06)", forged({ fields: { "content-digest": emptySha512() } })],
  ])("when %s", async (_, message) => {
    expect(await refusal(message)).toBe("signature-digest");
  });
});

describe("a signature is refused as signature-algorithm", () => {
  it.each(["hmac-sha256", "none", "rsa-v1_5-sha256", "rsa-pss-sha512", "EdDSA", "Ed25519", "ES256", "", "x"])(
    "when it names %j, and no key is fetched for it (SIG-09, D-21)",
    async (alg) => {
      const keys = vi.fn(KEYS);
      expect(await refusal(params(`;created=${NOW_SECONDS};keyid="${KEYID}";alg="${alg}";tag="ocm"`), keys)).toBe(
        "signature-algorithm",
      );
      expect(keys).not.toHaveBeenCalled();
    },
  );

  it.each([
    ["names another algorithm than its key is for (D-22, D-24)", jwkOf(p256.publicKey, { alg: "ES256" })],
    ["has a key whose alg is symmetric (SIG-09, D-21)", { ...JWK, alg: "HS256" }],
    ["has a key whose alg is none (D-21)", { ...JWK, alg: "none" }],
    ["has a key whose alg is of another type", { ...JWK, alg: "ES256" }],
    ["has an RSA key", jwkOf(rsa.publicKey, { alg: "RS256" })],
    ["has a symmetric key (SIG-09)", { kty: "oct", kid: KEYID, k: "AAAA" }],
  ])("when it %s", async (_, jwk) => {
    expect(await refusal(forged(), keysOf(HOST, jwk))).toBe("signature-algorithm");
  });
});

describe("the key of a signature", () => {
  it("is unknown when the host has none with that kid (D-24)", async () => {
    expect(await refusal(forged(), keysOf(HOST, { ...JWK, kid: "another" }))).toBe("signature-key-unknown");
  });

  it("is unknown when it is another host's, whose name is not in the keyid", async () => {
    const message = params(`;created=${NOW_SECONDS};keyid="key1";tag="ocm"`);
    const keys = keysOf("other.example.org", { ...JWK, kid: "key1" });
    expect(await refusal(message, keys)).toBe("signature-key-unknown");
  });

  it.each([
    ["no point of the curve", { ...JWK, x: "AAAA" }],
    ["not even text", { ...JWK, x: 7 as unknown as string }],
    ["without a point", { kty: "OKP", crv: "Ed25519", kid: KEYID }],
    ["meant for encryption", { ...JWK, use: "enc" }],
  ])("is as good as unknown when it is %s", async (_, jwk) => {
    expect(await refusal(forged(), keysOf(HOST, jwk))).toBe("signature-key-unknown");
  });

  it("is unavailable when the peer failed, and the answer does not tell how", async () => {
    const keys = () => Promise.reject(new PeerFailure("peer-dns", HOST, "10.0.0.7 says that there is no such name."));
    const error = await verify(forged(), keys).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "signature-key-unavailable", cause: { code: "peer-dns" } });
    expect((error as Error).message).not.toContain("10.0.0.7");
  });

  it("is not blamed for an error of our own", async () => {
    await expect(verify(forged(), () => Promise.reject(new TypeError("bug")))).rejects.toThrow(TypeError);
  });

  it("is asked for once, of the claimed host, and only when all else is in order", async () => {
    const keys = vi.fn(KEYS);
    await verify(forged(), keys);
    expect(keys.mock.calls).toEqual([[HOST, KEYID]]);
    keys.mockClear();
    await refusal({ ...forged(), body: Buffer.alloc(1) }, keys);
    await refusal(forged({ components: FOUR.slice(1) }), keys);
    await refusal(params(`;created=${NOW_SECONDS - 999};keyid="${KEYID}";tag="ocm"`), keys);
    await refusal(forged(), keys, "other.example.org");
    expect(keys).not.toHaveBeenCalled();
  });

  it("is taken anew when the host replaced it under the same kid", async () => {
    const message = forged();
    await verify(message);
    const other = jwkOf(generateKeyPairSync("ed25519").publicKey, { alg: "Ed25519" });
    expect(await refusal(message, keysOf(HOST, other))).toBe("signature-invalid");
    expect(await verify(message)).toBeDefined();
  });
});

describe("a signature is refused as signature-host", () => {
  it.each(["other.example.org", "example.org", `${HOST}:8443`, `${HOST}.evil.example`, `x@${HOST}`])(
    "when its keyid names another host than the claimed %s (G-01)",
    async (host) => {
      expect(await refusal(forged(), keysOf(host, JWK), host)).toBe("signature-host");
    },
  );

  it.each([
    `https://${HOST}@evil.example/`,
    `https://evil.example/${HOST}/`,
    `HTTPS://evil.example/`,
    `https://${HOST}:444/`,
    "https://",
    "https:///x",
  ])("when its keyid is %s", async (kid) => {
    const message = params(`;created=${NOW_SECONDS};keyid="${kid}";tag="ocm"`);
    expect(await refusal(message, keysOf(HOST, { ...JWK, kid }))).toBe("signature-host");
  });
});

describe("a signature that does not verify", () => {
  it.each([
    ["made with another key", forge(generateKeyPairSync("ed25519").privateKey)],
    ["for another method", { ...forged(), method: "PUT" }],
    ["for another path", { ...forged(), targetUri: `${TARGET}/x` }],
    ["with another query", { ...forged(), targetUri: `${TARGET}?x` }],
    ["with altered bytes", replaceHeader(forged(), "signature", (value) => value.replace(/:../, ":AA"))],
    ["with bytes missing", replaceHeader(forged(), "signature", () => "ocm=:AAAA:")],
    ["with another label in its parameters", replaceHeader(forged(), "signature-input", (v) => `${v};nonce="x"`)],
  ])("is refused as signature-invalid: %s", async (_, message) => {
    expect(await refusal(message)).toBe("signature-invalid");
  });

  it("is refused as signature-target when it was made for the host under which the request came in", async () => {
    const signed = forged({
      targetUri: "https://files.internal:8080/ocm/shares",
      fields: { host: "Files.internal:8080" },
    });
    const error = await verify({ ...signed, targetUri: TARGET }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "signature-target" });
    expect((error as Error).message).toContain("https://files.internal:8080/ocm/shares");
  });

  it.each([undefined, "", "receiver.example.org", "third.example.org", "$&", "a/b", "a@b", "a b"])(
    "is refused as signature-invalid when the Host field is %j",
    async (host) => {
      const message = forged({ targetUri: "https://elsewhere.example.org/ocm/shares", fields: { host } });
      expect(await refusal({ ...message, targetUri: TARGET })).toBe("signature-invalid");
    },
  );
});

function emptySha512(): string {
  return "sha-512=:z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==:";
}
