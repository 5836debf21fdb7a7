import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { importPublicJwk } from "./jwk.ts";
import { signatureBase } from "./signature-base.ts";
import { codeOf } from "./signing.test-helper.ts";
import { joinFields } from "./structured-fields.ts";

/** RFC 9421 appendix B.1.4, test-key-ed25519. */
const KEY = {
  kty: "OKP",
  crv: "Ed25519",
  d: "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU",
  x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs",
};
/** RFC 9421 appendix B.2, test-request. */
const REQUEST = {
  method: "POST",
  targetUri: "https://example.com/foo?param=Value&Pet=dog",
  fields: joinFields([
    ...["Host", "example.com", "Date", "Tue, 20 Apr 2021 02:07:55 GMT", "Content-Type", "application/json"],
    ...["Content-Length", "18", "X-Twice", " one", "X-Twice", "two "],
  ]),
};
/** RFC 9421 appendix B.2.6. */
const COMPONENTS = ["date", "@method", "@path", "@authority", "content-type", "content-length"];
const PARAMS =
  '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
const SIGNATURE = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";

const lineOf = (name: string, request = REQUEST) => signatureBase([name], "()", request).toString().split("\n")[0];

describe("the signature base", () => {
  it("is that of RFC 9421 appendix B.2.6", () => {
    expect(signatureBase(COMPONENTS, PARAMS, REQUEST).toString()).toBe(
      [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@method": POST',
        '"@path": /foo',
        '"@authority": example.com',
        '"content-type": application/json',
        '"content-length": 18',
        `"@signature-params": ${PARAMS}`,
      ].join("\n"),
    );
  });

  it("gives the signature of RFC 9421 appendix B.2.6, which verifies with its key", () => {
    const base = signatureBase(COMPONENTS, PARAMS, REQUEST);
    const privateKey = createPrivateKey({ key: KEY, format: "jwk" });
    expect(sign(null, base, privateKey).toString("base64")).toBe(SIGNATURE);
    expect(verify(null, base, importPublicJwk(KEY), Buffer.from(SIGNATURE, "base64"))).toBe(true);
    expect(createPublicKey(privateKey).equals(importPublicJwk(KEY))).toBe(true);
  });

  it.each([
    ["@method", "POST"],
    ["@target-uri", "https://example.com/foo?param=Value&Pet=dog"],
    ["@scheme", "https"],
    ["@authority", "example.com"],
    ["@path", "/foo"],
    ["@query", "?param=Value&Pet=dog"],
    ["@request-target", "/foo?param=Value&Pet=dog"],
    ["x-twice", "one, two"],
  ])("has the value of %s as RFC 9421 section 2 says", (name, value) => {
    expect(lineOf(name)).toBe(`"${name}": ${value}`);
  });

  it.each([
    ["@authority", "https://EXAMPLE.com:443", "example.com"],
    ["@authority", "http://example.com:80/", "example.com"],
    ["@authority", "http://example.com:443/", "example.com:443"],
    ["@path", "https://example.com", "/"],
    ["@path", "https://example.com/a/../%2e/b", "/a/../%2e/b"],
    ["@query", "https://example.com/", "?"],
    ["@query", "https://example.com?a", "?a"],
    ["@scheme", "HTTPS://example.com/", "https"],
  ])("has for %s of %s the value %s", (name, targetUri, value) => {
    expect(lineOf(name, { ...REQUEST, targetUri })).toBe(`"${name}": ${value}`);
  });

  it("has the bytes of the wire, where node gives them as Latin-1", () => {
    const fields = new Map([["x", Buffer.from("é").toString("latin1")]]);
    expect(signatureBase(["x"], "()", { ...REQUEST, fields }).subarray(5, 7)).toEqual(Buffer.from("é"));
  });

  it.each(["@status", "@query-param", "@signature-params", "x-missing", "Date", 'x"y', ""])(
    "is refused for the component %j",
    async (name) => {
      expect(await codeOf(() => lineOf(name))).toBe("signature-components");
    },
  );

  it("is refused when a value contains a line break", async () => {
    const fields = new Map([["date", 'now\n"@method": GET']]);
    expect(await codeOf(() => lineOf("date", { ...REQUEST, fields }))).toBe("signature-components");
  });
});
