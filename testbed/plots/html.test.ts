import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { html, printed, trusted } from "./html.ts";
import { HOSTILE, readMarkup } from "./markup.test-helper.ts";
import { clean, shortened } from "./text.ts";

describe("markup", () => {
  it("escapes every text, and reads back as what it was", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...HOSTILE)), (text) => {
        const { texts, attributes } = readMarkup(printed(html`<p title="${text}">x${text}x</p>`));
        expect(texts.join("")).toBe(`x${clean(text)}x`);
        // An attribute's parser may leave out spaces at its ends.
        expect(attributes.map(([, value]) => value.trim())).toEqual([clean(text).trim()]);
      }),
    );
  });

  it("prints lists, and nothing for what is not there", () => {
    expect(printed(html`<b>${[1, "a", html`<i>${2}</i>`]}${null}${undefined}${false}${Number.NaN}</b>`)).toBe(
      "<b>1a<i>2</i>–</b>",
    );
    expect(printed(html`${trusted("<hr />")}`)).toBe("<hr />");
  });
});

describe("texts", () => {
  it("have no control signs, no marks that turn them, and no halves of letters", () => {
    expect(clean("a\u0000\u001b[31m\u202Eb\nc\td\uD800")).toBe("a\ufffd\ufffd[31m\ufffdb c d\ufffd");
  });

  it("are cut with a sign for it, never within a letter", () => {
    expect([shortened("abcdef", 4), shortened("abcd", 4), shortened("😀😀😀", 2)]).toEqual(["abc…", "abcd", "😀…"]);
  });
});
