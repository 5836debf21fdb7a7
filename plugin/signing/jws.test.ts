import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { readJws } from "../protocol/jws.ts";
import { machine } from "../system/machine.ts";
import { type SigningKey, signingKey, signJws } from "./jws.test-helper.ts";
import { isSignedBy, pinnedKey } from "./jws.ts";

const system = machine();
afterAll(() => system.close());

function holds(text: string, keys: Parameters<typeof pinnedKey>[0][]): Promise<boolean> {
  const read = readJws(Buffer.from(text));
  return "jws" in read ? isSignedBy(system, read.jws, keys.map(pinnedKey)) : Promise.resolve(false);
}

describe("a JWS", () => {
  it("is verified as in the examples of RFC 7515 (A.3, ES256) and RFC 8037 (A.4, EdDSA)", async () => {
    const es256 =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const p256 = {
      kty: "EC",
      crv: "P-256",
      x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    };
    const eddsa =
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    const ed25519 = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
    expect(await holds(es256, [p256])).toBe(true);
    expect(await holds(eddsa, [ed25519])).toBe(true);
    expect(await holds(es256, [ed25519])).toBe(false);
    expect(await holds(eddsa, [p256])).toBe(false);
  });

  const algorithms = ["EdDSA", "Ed25519", "ES256", "ES384"] as const;
  it.each(algorithms.flatMap((alg) => (["flattened", "compact"] as const).map((form) => [alg, form] as const)))(
    "with %s, %s, holds with its key as a JWK and as PEM, and with no other",
    async (alg, form) => {
      const key = signingKey(alg);
      const text = signJws({ any: "thing" }, key, { form });
      expect(await holds(text, [key.jwk])).toBe(true);
      expect(await holds(text, [key.pem])).toBe(true);
      expect(await holds(text, [signingKey(alg).jwk])).toBe(false);
      expect(await holds(text, [signingKey(alg).jwk, key.jwk])).toBe(true);
      expect(await holds(text, [])).toBe(false);
    },
  );

  it("is not taken for another algorithm than the key's, whatever its header says", async () => {
    const key = signingKey("ES256");
    for (const alg of ["none", "HS256", "RS256", "ES384", "EdDSA", "es256", ""]) {
      expect(await holds(signJws("{}", key, { header: { alg } }), [key.jwk])).toBe(false);
    }
    const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.e30.`;
    expect(await holds(unsigned, [key.jwk])).toBe(false);
  });

  it("is checked with the pinned key that its kid names, and with each where none has that name", async () => {
    const [first, second] = [signingKey("ES256"), signingKey("ES256")];
    const keys = [
      { ...first.jwk, kid: "first" },
      { ...second.jwk, kid: "second" },
    ];
    const said = (key: SigningKey, kid: string) => holds(signJws("{}", key, { header: { kid } }), keys);
    expect(await said(second, "second")).toBe(true);
    expect(await said(second, "first")).toBe(false);
    expect(await said(second, "unknown")).toBe(true);
  });

  it("does not hold once any sign of it was changed", async () => {
    const key = signingKey("EdDSA");
    const text = signJws({ federation: "F", servers: [] }, key, { form: "compact" });
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.constantFrom(..."ABab01-_."), async (at, sign) => {
        fc.pre(text[at] !== sign);
        const changed = text.slice(0, at) + sign + text.slice(at + 1);
        const isHeld = await Promise.resolve()
          .then(() => holds(changed, [key.jwk]))
          .catch(() => false);
        expect(isHeld).toBe(false);
      }),
    );
  });
});

describe("a key that is pinned", () => {
  it("has to be a public key of an accepted algorithm", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    for (const given of [
      rsa.export({ format: "pem", type: "spki" }).toString(),
      { kty: "oct", k: "c2VjcmV0" },
      { ...signingKey("ES256").jwk, alg: "ES384" },
      { kty: "EC", crv: "P-256", x: "AA", y: "AA" },
      "-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----",
      "",
    ]) {
      expect(() => pinnedKey(given)).toThrow(TypeError);
    }
  });
});
