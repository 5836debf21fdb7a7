import fc from "fast-check";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { escapeXml, unescapeXml } from "./xml.ts";

const parser = new XMLParser({ parseTagValue: false, trimValues: false, processEntities: false });

describe("XML text", () => {
  it("comes back from a parser as it was, but for what XML cannot hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const document = `<a b="${escapeXml(text)}">${escapeXml(text)}</a>`;
        expect(XMLValidator.validate(document)).toBe(true);
        const { a } = parser.parse(document);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 section 2.2 excludes.
        const possible = text.toWellFormed().replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd");
        expect(unescapeXml(a)).toBe(possible);
      }),
      { numRuns: 1_000 },
    );
  });

  it("cannot close or open an element", () => {
    expect(escapeXml(`</d:href><x a="1">&amp;\r\u0001`)).toBe(
      "&lt;/d:href&gt;&lt;x a=&quot;1&quot;&gt;&amp;amp;&#13;\ufffd",
    );
  });

  it("is read with numeric references, and with unknown ones left alone", () => {
    expect(unescapeXml("&#x1F98A;&#65;&nbsp;&amp;lt;&#x110000;&")).toBe("🦊A&nbsp;&lt;&#x110000;&");
  });
});
