import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OcmError } from "./errors.ts";
import { readJws } from "./jws.ts";

const b64 = (text: string) => Buffer.from(text).toString("base64url");
const HEADER = b64('{"alg":"ES256","kid":"k1"}');
const read = (text: string) => readJws(Buffer.from(text));
const flattened = (more: object = {}) =>
  JSON.stringify({ payload: b64("{}"), protected: HEADER, signature: b64("sig"), ...more });

describe("readJws", () => {
  it("reads the compact and the flattened form alike, with white space around them (G-64)", () => {
    const wanted = {
      jws: {
        alg: "ES256",
        kid: "k1",
        payload: Buffer.from("{}"),
        signingInput: Buffer.from(`${HEADER}.${b64("{}")}`),
        signature: Buffer.from("sig"),
      },
    };
    expect(read(`\n${HEADER}.${b64("{}")}.${b64("sig")}\n`)).toEqual(wanted);
    expect(read(flattened())).toEqual(wanted);
    expect(read(flattened({ header: { alg: "none", kid: "other" }, more: 1 }))).toEqual(wanted);
  });

  it("gives other JSON as it is, such as what has the form of the draft's example (G-64)", () => {
    const example = { payload: { federation: "F", servers: [] }, protected: { alg: "ES256" }, signature: "..." };
    expect(read(JSON.stringify(example))).toEqual({ json: example });
    expect(read("[]")).toEqual({ json: [] });
  });

  it.each([
    ["nothing", "", /neither a JWS nor JSON/],
    ["a web page", "<!doctype html>", /neither a JWS nor JSON/],
    ["a list of signatures", flattened({ signatures: [] }), /list of signatures/],
    ["no protected header", JSON.stringify({ payload: "e30", signature: "AA" }), /without a protected header/],
    ["no signature", JSON.stringify({ payload: "e30", protected: HEADER }), /without a signature/],
    ["a header that is no JSON", `${b64("alg")}.e30.AA`, /header of the JWS is not JSON/],
    ["a header without alg", `${b64('{"typ":"JWT"}')}.e30.AA`, /names no algorithm/],
    ["a header with alg twice", `${b64('{"alg":"ES256","alg":"none"}')}.e30.AA`, /names a key twice/],
    ["an extension", `${b64('{"alg":"ES256","crit":["exp"],"exp":1}')}.e30.AA`, /extension/],
    ["a payload that is not encoded", `${b64('{"alg":"ES256","b64":false}')}.e30.AA`, /extension/],
    ["padding", flattened({ signature: "AA==" }), /signature of the JWS is not base64url/],
    ["stray bits", flattened({ payload: "e31" }), /payload of the JWS is not base64url/],
    ["the other alphabet", flattened({ signature: "+/+/" }), /signature of the JWS is not base64url/],
  ])("refuses %s", (_, text, sentence) => {
    expect(() => read(text)).toThrow(sentence);
  });

  it("throws nothing but its own refusal, whatever comes", () => {
    const parts = fc.array(fc.oneof(fc.base64String(), fc.constantFrom(HEADER, "e30", "")), { maxLength: 4 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          parts.map((all) => all.join(".")),
        ),
        (text) => {
          try {
            read(text);
          } catch (error) {
            expect(error).toBeInstanceOf(OcmError);
          }
        },
      ),
    );
  });
});
