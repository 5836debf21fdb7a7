import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { algorithmOf, importPublicJwk, isAcceptedAlgorithm, publishedJwk, thumbprint } from "./jwk.ts";

describe("the thumbprint of a JWK", () => {
  it("is that of RFC 8037 appendix A.3", () => {
    const jwk = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", kid: "any" };
    expect(thumbprint(jwk)).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  });

  it("is that of RFC 7638 section 3.1", () => {
    const n =
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn" +
      "jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qM" +
      "QvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJz" +
      "KnqDKgw";
    expect(thumbprint({ kty: "RSA", n, e: "AQAB", alg: "RS256", kid: "2011-04-29" })).toBe(
      "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    );
  });

  it.each([{ kty: "OKP", crv: "Ed25519" }, { kty: "oct" }, { kty: "constructor" }])("is refused for %j", (jwk) => {
    expect(() => thumbprint(jwk)).toThrow("thumbprint");
  });
});

describe("the algorithm of a JWK", () => {
  it.each([
    [{ kty: "OKP", crv: "Ed25519", alg: "Ed25519" }, "ed25519"],
    [{ kty: "OKP", crv: "Ed25519", alg: "EdDSA" }, "ed25519"],
    [{ kty: "OKP", crv: "Ed25519" }, "ed25519"],
    [{ kty: "EC", crv: "P-256", alg: "ES256" }, "ecdsa-p256-sha256"],
    [{ kty: "EC", crv: "P-256" }, "ecdsa-p256-sha256"],
    [{ kty: "EC", crv: "P-384", alg: "ES384" }, "ecdsa-p384-sha384"],
  ])("of %j is %s (D-19, D-20)", (jwk, name) => {
    expect(algorithmOf(jwk)?.name).toBe(name);
    expect(isAcceptedAlgorithm(name)).toBe(true);
  });

  it.each([
    { kty: "RSA", alg: "RS256" },
    { kty: "RSA", alg: "PS512" },
    { kty: "RSA" },
    { kty: "oct", alg: "HS256" },
    { kty: "OKP", crv: "Ed25519", alg: "none" },
    { kty: "OKP", crv: "Ed25519", alg: "HS256" },
    { kty: "OKP", crv: "Ed25519", alg: "ES256" },
    { kty: "OKP", crv: "Ed448", alg: "EdDSA" },
    { kty: "OKP", crv: "X25519" },
    { kty: "EC", crv: "P-256", alg: "ES384" },
    { kty: "EC", crv: "P-256", alg: "ecdsa-p256-sha256" },
    { kty: "EC", crv: "P-521", alg: "ES512" },
    { kty: "EC", crv: "secp256k1" },
    { kty: "EC", crv: "Ed25519" },
  ])("of %j is not accepted (SIG-09, D-21, D-24)", (jwk) => {
    expect(algorithmOf(jwk)).toBeUndefined();
  });
});

describe("a published JWK", () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const jwk = publishedJwk(privateKey, "https://cloud.example.org:8443");

  it("has public members, kid, alg and use, and nothing else (SIG-01, D-08, D-19)", () => {
    expect(Object.keys(jwk).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x"]);
    expect(jwk).toMatchObject({ kty: "OKP", crv: "Ed25519", alg: "Ed25519", use: "sig" });
  });

  it("has a kid of origin and thumbprint (D-16)", () => {
    expect(jwk.kid).toBe(`https://cloud.example.org:8443/ocm#${thumbprint(jwk)}`);
  });

  it("is imported without its private members, should it have any", () => {
    const both = { ...jwk, ...privateKey.export({ format: "jwk" }) } as typeof jwk;
    expect(importPublicJwk(both).type).toBe("public");
  });
});
