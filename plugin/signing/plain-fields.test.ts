import fc from "fast-check";
import { isInnerList, serializeInnerList } from "structured-headers";
import { describe, expect, it } from "vitest";
import { plainBytes, plainSignatureInput } from "./plain-fields.ts";
import { dictionaryMembers, membersLabelled } from "./structured-fields.ts";

/** What the general parser makes of a field, or null where it takes it for malformed. */
function generally(field: string) {
  try {
    return dictionaryMembers(field);
  } catch {
    return null;
  }
}

/** Whatever is read has to be what the general parser reads. */
function expectTheSame(field: string): boolean {
  const plain = plainSignatureInput(field);
  if (plain === undefined) return false;
  expect([field, generally(field)]).toEqual([field, [plain.member]]);
  const [, list] = plain.member;
  expect(isInnerList(list) && serializeInnerList(list)).toBe(plain.params);
  return true;
}

const name = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,6}$/);
const quoted = fc.stringMatching(/^[ !#-[\]-~]{0,8}$/).map((text) => `"${text}"`);
const number = fc.nat({ max: 999_999_999_999 }).map(String);
const list = fc.array(quoted, { minLength: 1, maxLength: 6 }).map((names) => `(${names.join(" ")})`);
const parameters = fc
  .uniqueArray(fc.tuple(name, fc.oneof(quoted, number)), { selector: ([key]) => key, maxLength: 6 })
  .map((all) => all.map(([key, value]) => `;${key}=${value}`).join(""));
const usual = fc.tuple(name, list, parameters).map(([label, items, rest]) => `${label}=${items}${rest}`);

describe("the plain form of Signature-Input", () => {
  it("is read as the general parser reads it", () => {
    fc.assert(fc.property(usual, expectTheSame));
  });

  it("is never read otherwise than the general parser reads it, whatever is changed in it", () => {
    const piece = fc.constantFrom(
      '"',
      "\\",
      " ",
      "  ",
      "(",
      ")",
      ";",
      "=",
      ",",
      "a",
      "é",
      "\t",
      "0",
      "-1",
      "1.5",
      "?1",
      ":YQ==:",
    );
    const changed = fc
      .tuple(usual, fc.nat(), fc.nat({ max: 3 }), fc.array(piece, { maxLength: 3 }))
      .map(([field, where, removed, added]) => {
        const at = where % (field.length + 1);
        return field.slice(0, at) + added.join("") + field.slice(at + removed);
      });
    fc.assert(
      fc.property(changed, (field) => void expectTheSame(field)),
      { numRuns: 2000 },
    );
  });

  it("covers what peers send", () => {
    const sent =
      'ocm=("@method" "@target-uri" "content-digest" "content-length" "date");created=1730815200;' +
      'keyid="https://cloud.example.org/ocm#signature";alg="ed25519";tag="ocm"';
    expect(expectTheSame(sent)).toBe(true);
  });

  it.each([
    ["several members", 'a=("x");created=1, b=("x");created=1'],
    ["a repeated parameter", 'a=("x");created=1;created=2'],
    ["a number that a serialiser would write otherwise", 'a=("x");created=007'],
    ["a negative number", 'a=("x");created=-1'],
    ["a component with a parameter", 'a=("x";req);created=1'],
    ["an escaped quote", 'a=("x");keyid="\\""'],
    ["two spaces", 'a=("x"  "y")'],
    ["space after a semicolon", 'a=("x"); created=1'],
    ["no component", "a=()"],
    ["a token", 'a=("x");alg=ed25519'],
    ["nothing", ""],
    ["more than 4096 characters", `a=("${"x".repeat(4096)}")`],
  ])("leaves %s to the general parser", (_what, field) => {
    expect(plainSignatureInput(field)).toBeUndefined();
  });
});

describe("the plain form of Signature", () => {
  it("gives the bytes that the general parser gives", () => {
    fc.assert(
      fc.property(name, fc.uint8Array({ maxLength: 100 }), (label, bytes) => {
        const field = `${label}=:${Buffer.from(bytes).toString("base64")}:`;
        expect(plainBytes(field, label)).toEqual(Buffer.from(bytes));
        expect(membersLabelled(field, label)).toEqual([[label, [expect.any(ArrayBuffer), new Map()]]]);
      }),
    );
  });

  it.each([
    "sig=:YQ==:, sig=:YQ==:",
    "other=:YQ==:",
    "sig=:YQ=:",
    "sig=:Y Q==:",
    "sig=:YQ==",
    "sig=:YQ==:;a=1",
    "sig=YQ",
  ])("leaves %s to the general parser", (field) => {
    expect(plainBytes(field, "sig")).toBeUndefined();
  });
});
