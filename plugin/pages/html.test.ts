import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Html, html } from "./html.ts";

const ENTITIES: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
/** What a browser makes of character references, for those that are used. */
const unescaped = (markup: string) =>
  markup.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? "");

describe("html", () => {
  it("lets no value break out of text or of an attribute, and changes none", () => {
    const strange = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(fc.constantFrom("<", ">", '"', "'", "&", "</p>", "<!--", "]]>", "&quot;", "\0", "a"))
        .map((a) => a.join("")),
    );
    fc.assert(
      fc.property(strange, strange, (title, text) => {
        const markup = html`<p title="${title}">${text}</p>`.toString();
        const match = /^<p title="([^<>"']*)">([^<>"']*)<\/p>$/.exec(markup);
        expect(match).not.toBeNull();
        expect([match?.[1], match?.[2]].map((part) => unescaped(part ?? ""))).toEqual([title, text]);
        expect(markup.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
      }),
    );
  });

  it("keeps markup that it made itself, in lists too", () => {
    const items = ["<a>", "b"].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}</ul>`.toString()).toBe("<ul><li>&lt;a&gt;</li><li>b</li></ul>");
  });

  it("prints nothing for what is not there, and numbers as they are", () => {
    expect(html`[${null}${undefined}${false}${0}]`.toString()).toBe("[0]");
  });

  it("takes no look-alike for markup", () => {
    const forged = { toString: () => "<b>" } as unknown as Html;
    expect(html`${forged}`.toString()).toBe("&lt;b&gt;");
    const copied = { ...html`<b>x</b>` } as unknown as Html;
    expect(html`${copied}`.toString()).not.toContain("<b>");
  });
});
