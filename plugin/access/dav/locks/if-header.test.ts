import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type IfList, ifHolds, parseIf, submittedTokens } from "./if-header.ts";

function print(lists: readonly IfList[], space: string): string {
  let last: string | undefined;
  return lists
    .map(({ resource, conditions }) => {
      const tag = resource === undefined || resource === last ? "" : `<${resource}>`;
      last = resource;
      const inner = conditions.map(
        ({ not, kind, value }) => `${not ? "Not " : ""}${kind === "token" ? `<${value}>` : `[${value}]`}`,
      );
      return `${tag}${space}(${space}${inner.join(space)}${space})`;
    })
    .join(space);
}

const condition = fc.record({
  not: fc.boolean(),
  kind: fc.constantFrom("token" as const, "etag" as const),
  id: fc.nat(3),
});
const conditions = fc.array(
  condition.map(({ not, kind, id }) => ({
    not,
    kind,
    value: kind === "token" ? `urn:uuid:${id}` : `"tag ${id}"`.replace(" ", "-"),
  })),
  { minLength: 1, maxLength: 4 },
);
const untagged = fc.array(
  conditions.map((list) => ({ resource: undefined, conditions: list })),
  { minLength: 1, maxLength: 4 },
);
const tagged = fc.array(fc.record({ resource: fc.constantFrom("/a", "/b", "https://a.example/c"), conditions }), {
  minLength: 1,
  maxLength: 4,
});
const header = fc.oneof(untagged, tagged);

describe("an If header", () => {
  it("is read as it was written, with and without spaces", () => {
    fc.assert(
      fc.property(header, fc.constantFrom("", " ", "  \t"), (lists, space) => {
        expect(parseIf(print(lists, space))).toEqual(lists);
      }),
    );
  });

  it("holds where all conditions of one list hold, for each resource on its own", async () => {
    const state = fc.record({
      tokens: fc.subarray(["urn:uuid:0", "urn:uuid:1", "urn:uuid:2", "urn:uuid:3"]),
      etag: fc.constantFrom(undefined, '"tag-0"', '"tag-1"', '"tag-2"'),
    });
    await fc.assert(
      fc.asyncProperty(header, fc.record({ own: state, a: state, b: state, c: state }), async (lists, states) => {
        const of = (resource: string | undefined) =>
          resource === undefined ? states.own : resource === "/a" ? states.a : resource === "/b" ? states.b : states.c;
        const holds = await ifHolds(lists, (resource) => {
          const { tokens, etag } = of(resource);
          return { tokens: new Set(tokens), etag: async () => etag };
        });
        const expected = lists.some(({ resource, conditions: all }) =>
          all.every(({ not, kind, value }) => {
            const { tokens, etag } = of(resource);
            return (kind === "token" ? tokens.includes(value) : etag === value) !== not;
          }),
        );
        expect(holds).toBe(expected);
      }),
    );
  });

  it("submits each token that is in it, also a negated one", () => {
    expect(submittedTokens(parseIf('(<a:1> ["x"]) (Not <b:2>)'))).toEqual(new Set(["a:1", "b:2"]));
  });

  it("may name a token without angle brackets, as OpenCloud does", () => {
    const token = (value: string, not = false) => [
      { resource: undefined, conditions: [{ not, kind: "token", value }] },
    ];
    expect(parseIf("(opaquelocktoken:797d6f0e)")).toEqual(token("opaquelocktoken:797d6f0e"));
    expect(parseIf('( {"S":"7","F":4} )')).toEqual(token('{"S":"7","F":4}'));
    expect(parseIf("(Notes-1)")).toEqual(token("Notes-1"));
    expect(parseIf("(not Notes-1)")).toEqual(token("Notes-1", true));
    expect(parseIf("(NOT<a:b>)")).toEqual(token("a:b", true));
  });

  it.each([
    "",
    " ",
    "()",
    "(",
    ")",
    "<a:b>",
    "(<a:b>",
    "(<a:b>))",
    "(<>)",
    "(<a b>)",
    "([x])",
    '(["x)',
    '(["x"',
    "(Not)",
    "(Not Not <a:b>)".replace("Not Not", "Not ("),
    "</a> <b:c>",
    "(<a:b>) </x> (<c:d>)",
    "(<a:b>), (<c:d>)",
    'x (["y"])',
    '(W/"x")  x',
    '[ "x" ]',
  ])("is refused where it is %j", (value) => {
    expect(() => parseIf(value)).toThrow(expect.objectContaining({ code: "bad-request" }));
  });

  it("is read or refused in no long time, whatever is in it", () => {
    const parts = ["(", ")", "<", ">", "[", "]", '"', "Not ", " ", "\t", "a", '["', "(<a:b>)", "</a>"];
    const begun = performance.now();
    for (const part of parts) {
      for (const start of ["", "(", "(<", '(["', "<", "(a"]) {
        try {
          parseIf(start + part.repeat(Math.ceil(131_072 / part.length)));
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-request" });
        }
      }
    }
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
