import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { label, time } from "./views.ts";

describe("a time in the user API", () => {
  it("is RFC 3339, whatever number a peer has sent", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (milliseconds) => {
        expect(time(milliseconds)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      }),
    );
    expect(time(Number.MAX_SAFE_INTEGER)).toBe("9999-12-31T23:59:59.999Z");
    expect(time(-Infinity)).toBe("0000-01-01T00:00:00.000Z");
  });
});

describe("a label", () => {
  it("always ends in the server, and nothing in the name can move or hide it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const shown = label(name, "b.example");
        expect(shown).toMatch(/b\.example$/);
        expect(shown).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }),
    );
    expect(label("Bob\u202e · good.example", "b.example")).toBe("Bob · good.example · b.example");
    expect(label(" ", "b.example")).toBe("b.example");
  });
});
