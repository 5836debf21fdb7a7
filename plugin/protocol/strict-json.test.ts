import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outcome as outcomeOf } from "./arbitraries.test-helper.ts";
import { parseStrictJson } from "./strict-json.ts";

const outcome = (input: Uint8Array | string) => outcomeOf(() => parseStrictJson(input));
const bytes = (text: string) => new TextEncoder().encode(text);
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

describe("parseStrictJson", () => {
  it("gives what JSON.parse gives, for every JSON value, from bytes and from text", () => {
    const values = fc.oneof(fc.jsonValue({ maxDepth: 6 }), fc.object({ maxDepth: 4, withNullPrototype: false }));
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 2, "\t"), (value, space) => {
        const text = JSON.stringify(value, null, space);
        fc.pre(text !== undefined);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
        expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(new TextDecoder().decode(bytes(text))));
      }),
    );
  });

  it("refuses exactly the texts that JSON.parse refuses, or that name a key twice or nest too deep", () => {
    const snippets = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"a"',
      '"\\u0061"',
      '"b"',
      "1",
      "null",
      '"',
      "\\",
      " ",
      '"{:"',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(snippets, { maxLength: 12 }).map((parts) => parts.join("")),
          fc.string(),
        ),
        (text) => {
          let parsed: unknown;
          try {
            parsed = { value: JSON.parse(text) };
          } catch {
            parsed = "not-json";
          }
          expect(outcome(text)).toEqual(
            expect.toBeOneOf(parsed === "not-json" ? ["not-json"] : [parsed, "duplicate-key"]),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("throws nothing but OcmError for arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (input) => {
        expect(outcome(input)).not.toBeInstanceOf(Error);
      }),
    );
  });

  it.each(["", "{", "nul", "{'a':1}", '{"a":1,}', "01", '"\n"', "undefined", "NaN"])(
    "refuses %j as no JSON",
    (text) => {
      expect(outcome(text)).toBe("not-json");
    },
  );

  it.each([
    ["a lone continuation byte", [0x22, 0x80, 0x22]],
    ["an overlong slash", [0x22, 0xc0, 0xaf, 0x22]],
    ["an encoded surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["a cut sequence", [0x22, 0xe2, 0x82]],
    ["UTF-16", [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])("refuses %s, which is no UTF-8", (_name, input) => {
    expect(outcome(new Uint8Array(input))).toBe("not-json");
  });

  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"a":1,"\\u0061":2}',
    '{"x":[{"y":{"k":1,"k":{"z":{"q":1}}}}]}',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":2}',
    '{"a\\"":1,"a\\"":2}',
    '{"k":{"a":1,"b":2},"k":1}',
  ])("refuses %s because a key is there twice", (text) => {
    expect(outcome(text)).toBe("duplicate-key");
  });

  it.each(['{"a":{"a":{"a":1}}}', '[{"a":1},{"a":1}]', '{"a":"b:c,{","b":"\\"a\\":1"}', '{"a\\\\":":","a":1}'])(
    "takes %s, where each key is there once in its object",
    (text) => {
      expect(outcome(text)).toEqual({ value: JSON.parse(text) });
    },
  );

  it("finds every duplicate that is put into an object", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
        fc.jsonValue(),
        fc.nat(),
        (object, value, at) => {
          const keys = Object.keys(object);
          const key = keys[at % keys.length] ?? "";
          const text = `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(value)}}`;
          expect(outcome(text)).toBe("duplicate-key");
        },
      ),
    );
  });

  it("takes 32 levels and no more", () => {
    expect(outcome(nested(32))).toEqual({ value: JSON.parse(nested(32)) });
    expect(outcome(nested(33))).toBe("too-deep");
    expect(outcome(`[${nested(32)},[]]`)).toBe("too-deep");
    expect(outcome(`${'{"a":'.repeat(33)}1${"}".repeat(33)}`)).toBe("too-deep");
    expect(outcome(`["${"[".repeat(100)}"]`)).toEqual({ value: ["[".repeat(100)] });
  });

  it("takes as many levels as it is told", () => {
    expect(() => parseStrictJson(nested(8), { maxDepth: 8 })).not.toThrow();
    expect(() => parseStrictJson(nested(9), { maxDepth: 8 })).toThrow("deeper than 8 levels");
  });

  it("survives a million levels, closed or not", () => {
    expect(outcome(nested(1_000_000))).toBe("too-deep");
    expect(outcome("[".repeat(1_000_000))).toBe("not-json");
    expect(outcome('{"a":'.repeat(200_000))).toBe("not-json");
  });

  it("lets nobody set a prototype", () => {
    const value = parseStrictJson('{"__proto__":{"admin":true}}') as Record<string, unknown>;
    expect(value.admin).toBeUndefined();
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.hasOwn(value, "__proto__")).toBe(true);
  });

  it("is linear in the number of keys", () => {
    const entries = Array.from({ length: 60_000 }, (_, index) => `"k${index}":${index}`);
    const started = performance.now();
    expect(Object.keys(parseStrictJson(`{${entries.join(",")}}`) as object)).toHaveLength(60_000);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
