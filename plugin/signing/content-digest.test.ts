import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkContentDigest, contentDigest } from "./content-digest.ts";
import { codeOf } from "./signing.test-helper.ts";

const BODY = Buffer.from('{"hello": "world"}');
/** Of that body, from RFC 9421 appendix B.2 and RFC 9530 appendix D. */
const SHA256 = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
const SHA512 = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
const OTHER = contentDigest(Buffer.from("other"));

describe("Content-Digest", () => {
  it("is made with SHA-256 (D-17)", () => {
    expect(contentDigest(BODY)).toBe(SHA256);
  });

  it.each([
    ["sha-256", SHA256],
    ["sha-512", SHA512],
    ["both", `${SHA512}, ${SHA256}`],
    ["one beside an algorithm that is not known", `md5=:AAAA:, ${SHA256}, unixsum=7`],
    ["the same twice", `${SHA256}, ${SHA256}`],
    ["one with parameters", `${SHA256};a=1`],
  ])("passes with %s that match (SIG-06)", (_, field) => {
    expect(() => checkContentDigest(field, BODY)).not.toThrow();
  });

  it.each([
    ["it is missing", undefined],
    ["it is empty", ""],
    ["the digest is of another body", OTHER],
    ["no algorithm is known", "md5=:AAAA:"],
    ["the digest is cut short", "sha-256=:X48E:"],
    ["the digest is no byte sequence", 'sha-256="X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="'],
    ["the digest is a list", "sha-256=(1 2)"],
    ["it is no dictionary", ":X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"],
    ["it ends with a comma", `${SHA256},`],
    ["it has the old form of Digest", "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="],
  ])("is refused when %s", async (_, field) => {
    expect(await codeOf(() => checkContentDigest(field, BODY))).toBe("signature-digest");
  });

  it.each([
    ["another algorithm's mismatch", `${SHA256}, sha-512=:AAAA:`],
    ["a mismatch under the same label, first", `${OTHER}, ${SHA256}`],
    ["a mismatch under the same label, last", `${SHA256}, ${OTHER}`],
  ])("is refused for one match next to %s (SIG-07)", async (_, field) => {
    expect(await codeOf(() => checkContentDigest(field, BODY))).toBe("signature-digest");
  });

  it("matches what it was made of, and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (body, other) => {
        checkContentDigest(contentDigest(body), body);
        if (Buffer.compare(body, other) !== 0) expect(() => checkContentDigest(contentDigest(body), other)).toThrow();
      }),
    );
  });

  it("throws nothing but its own refusal, whatever the field is", async () => {
    const piece = fc.constantFrom(
      "sha-256",
      "sha-512",
      "=",
      ":",
      ",",
      '"',
      "(",
      ")",
      ";",
      "%",
      "\\",
      " ",
      "AAAA",
      "?1",
      "@1",
    );
    const field = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join("")),
    );
    await fc.assert(
      fc.asyncProperty(field, async (text) => {
        expect(await codeOf(() => checkContentDigest(text, BODY))).toBe("signature-digest");
      }),
    );
  });
});
