import { createPublicKey, generateKeyPairSync } from "node:crypto";
import {
  createSigner as createTheirSigner,
  createVerifier as createTheirVerifier,
  httpbis,
} from "http-message-signatures";
import { describe, expect, it } from "vitest";
import type { PublicJwk } from "../ports/crypto.ts";
import { contentDigest } from "./content-digest.ts";
import { openKeyring } from "./keyring.ts";
import { createSigner } from "./signer.ts";
import {
  BODY,
  codeOf,
  HOST,
  KEYID,
  keysOf,
  memoryKeys,
  NOW_SECONDS,
  TARGET,
  testSystem,
} from "./signing.test-helper.ts";
import { createVerifier } from "./verifier.ts";

/** Both directions against `http-message-signatures`, an implementation of RFC 9421 that is not ours. */
const COMPONENTS = ["@method", "@target-uri", "content-digest", "content-length", "date"];

describe("what another implementation signs, we verify", () => {
  const verifier = createVerifier({ system: testSystem(), strictDate: true });

  async function signedByThem(pair: { privateKey: import("node:crypto").KeyObject }, alg: string) {
    const pem = pair.privateKey.export({ format: "pem", type: "pkcs8" });
    const headers = {
      "Content-Digest": contentDigest(BODY),
      "Content-Length": String(BODY.length),
      Date: new Date(NOW_SECONDS * 1000).toUTCString(),
    };
    const { headers: signed } = await httpbis.signMessage(
      {
        key: createTheirSigner(pem, alg, KEYID),
        name: "theirs",
        fields: COMPONENTS,
        params: ["created", "keyid", "alg", "expires", "tag"],
        paramValues: { created: new Date(NOW_SECONDS * 1000), tag: "ocm" },
      },
      { method: "POST", url: TARGET, headers },
    );
    return { method: "POST", targetUri: TARGET, body: BODY, rawHeaders: Object.entries(signed).flat() as string[] };
  }

  it.each([
    ["ed25519", generateKeyPairSync("ed25519")],
    ["ecdsa-p256-sha256", generateKeyPairSync("ec", { namedCurve: "P-256" })],
    ["ecdsa-p384-sha384", generateKeyPairSync("ec", { namedCurve: "P-384" })],
  ] as const)("with %s", async (alg, pair) => {
    const jwk = { ...(createPublicKey(pair.privateKey).export({ format: "jwk" }) as PublicJwk), kid: KEYID };
    const message = await signedByThem(pair, alg);
    expect(await verifier.verify(message, HOST, keysOf(HOST, jwk))).toMatchObject({ keyid: KEYID });
    const elsewhere = { ...message, targetUri: `${TARGET}/other` };
    expect(await codeOf(() => verifier.verify(elsewhere, HOST, keysOf(HOST, jwk)))).toBe("signature-invalid");
  });
});

describe("what we sign, another implementation verifies", () => {
  it("with the key that we publish, found by keyid", async () => {
    // That library takes the time from the machine's clock.
    const system = testSystem(Date.now());
    const keyring = await openKeyring({ store: memoryKeys(), system, origin: `https://${HOST}` });
    const headers = await createSigner({ system, keyring }).sign({ method: "POST", targetUri: TARGET, body: BODY });

    const verifyAt = (url: string) =>
      httpbis.verifyMessage(
        {
          keyLookup: async ({ keyid }) => {
            const jwk = keyring.publicJwks().keys.find(({ kid }) => kid === keyid);
            if (jwk === undefined) return null;
            const pem = createPublicKey({ key: { ...jwk }, format: "jwk" }).export({ format: "pem", type: "spki" });
            return { id: keyid, algs: ["ed25519"], verify: createTheirVerifier(pem, "ed25519") };
          },
          requiredFields: COMPONENTS,
          requiredParams: ["created", "keyid", "alg", "tag"],
          maxAge: 300,
          tolerance: 2,
        },
        { method: "POST", url, headers },
      );
    expect(await verifyAt(TARGET)).toBe(true);
    expect(await verifyAt(`${TARGET}/other`)).toBe(false);
  });
});
