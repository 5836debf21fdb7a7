import { Readable } from "node:stream";
import fc from "fast-check";
import { XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { escapeXml } from "../../xml.ts";
import { parsePropfind } from "../properties/propfind-body.ts";
import { parseXml, readBody } from "./xml-body.ts";
import { childrenOf, textOf, type XmlElement } from "./xml-body-elements.ts";
import { standalone } from "./xml-body-writer.ts";

const bytes = (text: string) => Buffer.from(text);
const parse = (text: string, undeclared?: string) =>
  parseXml(bytes(text), undeclared === undefined ? {} : { undeclared }) as XmlElement;
const utf16 = (text: string, big = false) => {
  const buffer = Buffer.from(`\ufeff${text}`, "utf16le");
  return big ? buffer.swap16() : buffer;
};

describe("an XML body", () => {
  it("is UTF-8, with or without a byte order mark, or UTF-16 with one", () => {
    const text = "<a>é🦊</a>";
    for (const body of [
      bytes(text),
      bytes(`\ufeff${text}`),
      bytes(`<?xml version="1.0" encoding="UTF-8"?>${text}`),
      bytes(`<?xml version='1.0' encoding = 'utf-8' standalone='yes' ?>${text}`),
      utf16(text),
      utf16(`<?xml version="1.0" encoding="utf-16"?>${text}`),
      utf16(`<?xml version="1.0" encoding="UTF-16"?>${text}`, true),
    ]) {
      expect(textOf(parseXml(body) as XmlElement)).toBe("é🦊");
    }
  });

  it.each([
    ["ISO 8859-1", Buffer.from('<?xml version="1.0" encoding="iso-8859-1"?><a/>'), "unsupported-media-type"],
    ["UTF-8 that calls itself UTF-16", bytes('<?xml version="1.0" encoding="utf-16"?><a/>'), "unsupported-media-type"],
    ["UTF-16 that calls itself UTF-8", utf16('<?xml version="1.0" encoding="utf-8"?><a/>'), "unsupported-media-type"],
    ["UTF-16 without a mark", Buffer.from("<a/>", "utf16le"), "bad-request"],
    ["UTF-32", Buffer.from("fffe00003c000000610000002f0000003e000000", "hex"), "bad-request"],
    ["UTF-7", bytes('<?xml version="1.0" encoding="utf-7"?>+ADw-a/+AD4-'), "unsupported-media-type"],
    ["bytes that are no UTF-8", Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]), "bad-request"],
    ["half a surrogate pair", Buffer.from("fffe3c0061003e0000d83c002f0061003e00", "hex"), "bad-request"],
  ])("is refused in %s", (_name, body, code) => {
    expect(() => parseXml(body)).toThrow(expect.objectContaining({ code }));
  });

  it("is nothing where it is empty or only space", () => {
    expect(parseXml(bytes(""))).toBeUndefined();
    expect(parseXml(bytes("\ufeff \r\n\t"))).toBeUndefined();
  });

  it.each([
    ["a document type", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ["a document type after the root", "<a/><!DOCTYPE a>"],
    ["a document type within the root", "<a><!DOCTYPE a></a>"],
    ["an entity of another file", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ["a billion laughs", `<!doctype a [<!ENTITY a "ha">${"<!ENTITY b '&a;&a;'>".repeat(30)}]><a>&b;</a>`],
    ["a document type behind a comment of an attribute", '<a b="<!--"/><!DOCTYPE a [<!ENTITY x "y">]><!-- -->'],
    ["a document type behind an instruction", "<?x <!-- ?><!DOCTYPE a><a/><!-- -->"],
    ["an entity without declaration", "<a>&nbsp;</a>"],
    ["an entity in an attribute", '<a b="&x;"/>'],
    ["a bare ampersand", "<a>a & b</a>"],
    ["a bare ampersand in an attribute", '<a b="a & b"/>'],
    ["a bare less-than in an attribute", '<a b="<"/>'],
    ["a character that XML excludes", "<a>\u0001</a>"],
    ["a reference to a character that XML excludes", "<a>&#0;</a>"],
    ["a reference to half a surrogate pair", "<a>&#xd800;</a>"],
    ["a reference beyond Unicode", "<a>&#x110000;</a>"],
    ["a reference beyond Unicode, in decimal", "<a>&#1114112;</a>"],
    ["no end", "<a>"],
    ["the wrong end", "<a><b></a></b>"],
    ["an open comment", "<a/><!-- "],
    ["an open CDATA section", "<a><![CDATA[x</a>"],
    ["two roots", "<a/><b/>"],
    ["text before the root", "x<a/>"],
    ["text after the root", "<a/>x"],
    ["only text", "x"],
    ["only a comment", "<!-- x -->"],
    ["an undeclared prefix", "<d:a/>"],
    ["an undeclared prefix deep inside", '<a><b><c x:y="1"/></b></a>'],
    ["a prefix that is bound to nothing", '<a xmlns:x=""/>'],
    ["a prefix that is bound to the namespace of declarations", '<a xmlns:x="http://www.w3.org/2000/xmlns/"/>'],
    ["the prefix xml bound anew", '<a xmlns:xml="urn:x"/>'],
    ["the prefix xmlns", '<xmlns:a xmlns:xmlns="urn:x"/>'],
    ["an attribute twice", '<a b="1" b="2"/>'],
    ["an attribute twice by two prefixes", '<a xmlns:x="urn:x" xmlns:y="urn:x" x:b="1" y:b="2"/>'],
    ["an attribute without quotes", "<a b=1/>"],
    ["a name of two colons", '<x:y:z xmlns:x="urn:x"/>'],
    ["a name that starts with a digit", "<1a/>"],
    ["an empty local name", '<x: xmlns:x="urn:x"/>'],
    ["65 levels", "<a>".repeat(66) + "</a>".repeat(66)],
    ["a reserved name of JavaScript", "<__proto__/>"],
  ])("is refused with %s", (_name, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "bad-request" }));
  });

  it("may speak of declarations where that is only text", () => {
    expect(textOf(parse("<a><!-- <!DOCTYPE x> --><?x <!ENTITY ?><![CDATA[<!DOCTYPE html>]]></a>"))).toBe(
      "<!DOCTYPE html>",
    );
  });

  it("is read with the namespaces that are valid at each place", () => {
    const root = parse(
      '<a xmlns="urn:1" xmlns:p="urn:2" p:q="1" q="2"><p:b/><b xmlns=""><c/></b><p:c xmlns:p="urn:3"/></a>',
    );
    const flat = (element: XmlElement): string[] => [
      `{${element.namespace}}${element.name}`,
      ...childrenOf(element).flatMap(flat),
    ];
    expect(flat(root)).toEqual(["{urn:1}a", "{urn:2}b", "{}b", "{}c", "{urn:3}c"]);
    expect(root.attributes.map(({ namespace, name, value }) => [namespace, name, value])).toEqual([
      ["urn:2", "q", "1"],
      ["", "q", "2"],
    ]);
  });

  it("takes undeclared prefixes for a namespace where the caller says so", () => {
    const root = parse('<D:a><d:b/><x:c xmlns:x="urn:x"/></D:a>', "DAV:");
    expect([root, ...childrenOf(root)].map(({ namespace }) => namespace)).toEqual(["DAV:", "DAV:", "urn:x"]);
    expect(() => parse('<a xmlns:x=""/>', "DAV:")).toThrow();
  });

  it("takes no long time, whatever is in it", () => {
    const fill = (part: string, start = "", end = "") =>
      start + part.repeat(Math.floor((65_536 - start.length - end.length) / part.length)) + end;
    const hostile = [
      fill("<a>"),
      fill("<"),
      fill("<!--"),
      fill("<!---->", "<a>", "</a>"),
      fill("<?x "),
      fill("<![CDATA[", "<a>"),
      fill("&", "<a>", "</a>"),
      fill("&#65;", "<a>", "</a>"),
      fill("&amp;", '<a b="', '"/>'),
      fill(" ", "<a", "/>"),
      fill(" ", "<?xml ", "?><a/>"),
      fill(" encoding", "<?xml ", "?><a/>"),
      fill("\r", "<a>", "</a>"),
      fill("<b/>", "<a>", "</a>"),
      fill("=", "<a ", "/>"),
      fill('x="1" ', "<a ", "/>"),
      `<a ${Array.from({ length: 4_000 }, (_, n) => `xmlns:p${n}="u"`).join(" ")}>${"<p9:b/>".repeat(500)}</a>`,
      `<a ${Array.from({ length: 2_000 }, (_, n) => `xmlns:p${n}="u:${n}"`).join(" ")}>${Array.from({ length: 1_500 }, (_, n) => `<p${n}:b/>`).join("")}</a>`,
    ];
    for (const text of hostile) {
      const begun = performance.now();
      try {
        const root = parseXml(bytes(text));
        if (root !== undefined) standalone(root);
      } catch (error) {
        expect(error).toMatchObject({ status: expect.toBeOneOf([400, 415]) });
      }
      expect(performance.now() - begun, text.slice(0, 40)).toBeLessThan(3_000);
    }
  });

  it("is not kept in memory beyond 64 KiB", async () => {
    let sent = 0;
    const body = Readable.from(
      (function* () {
        for (; sent < 10 * 1024; sent += 1) yield Buffer.alloc(1024, "x");
      })(),
      { objectMode: false },
    );
    await expect(readBody(body)).rejects.toMatchObject({ code: "too-large", status: 413 });
    expect(sent).toBeLessThan(200);
    expect((await readBody(Readable.from([Buffer.alloc(65_536)]))).length).toBe(65_536);
    const broken = new Readable({ read: () => broken.destroy(new Error("gone")) });
    await expect(readBody(broken)).rejects.toMatchObject({ code: "bad-request" });
  });
});

describe("an element that is kept", () => {
  const inner = (text: string) => standalone(childrenOf(parse(text))[0] as XmlElement);

  it("declares what it uses and nothing else of what was valid around it", () => {
    expect(inner('<r xmlns:a="urn:a" xmlns:b="urn:b" xmlns:c="urn:c"><a:x b:y="1"><a:z/></a:x></r>')).toBe(
      '<a:x xmlns:a="urn:a" xmlns:b="urn:b" b:y="1"><a:z/></a:x>',
    );
    expect(inner('<d:r xmlns:d="DAV:" xmlns="urn:n"><x><y xmlns=""/></x></d:r>')).toBe(
      '<x xmlns="urn:n"><y xmlns=""/></x>',
    );
    expect(inner('<d:r xmlns:d="DAV:"><x/></d:r>')).toBe("<x/>");
    expect(inner('<a:r xmlns:a="urn:1"><b xmlns:a="urn:2"><a:c/></b></a:r>')).toBe('<b xmlns:a="urn:2"><a:c/></b>');
  });

  it("keeps mixed content, CDATA, entities, attributes and their spaces", () => {
    expect(inner('<r><x> a <b c="&quot;&#10;&lt;" d=\'"\n\'/>&amp;lt;<![CDATA[<&]]>&#13;]]&gt; </x></r>')).toBe(
      '<x> a <b c="&quot;&#10;&lt;" d="&quot; "/>&amp;lt;&lt;&amp;&#13;]]&gt; </x>',
    );
  });

  it("keeps the language that was valid around it", () => {
    expect(inner('<r xml:lang="de"><x/></r>')).toBe('<x xml:lang="de"/>');
    expect(inner('<r xml:lang="de"><x xml:lang="fr"/></r>')).toBe('<x xml:lang="fr"/>');
    expect(inner('<r xml:lang="de"><x xml:lang=""/></r>')).toBe('<x xml:lang=""/>');
  });

  it("means the same wherever it is put", () => {
    const name = fc.constantFrom("x", "y", "é");
    const prefix = fc.constantFrom("", "p", "q");
    const namespace = fc.constantFrom("urn:1", "urn:2", "DAV:");
    const text = fc.string({
      unit: fc.constantFrom("a", " ", "&", "<", ">", '"', "\t", "\n", "\r", "🦊"),
      maxLength: 4,
    });
    const element: fc.Arbitrary<string> = fc.letrec<{ element: string }>((tie) => ({
      element: fc
        .record({
          prefix,
          name,
          declared: fc.uniqueArray(fc.tuple(prefix, namespace), { selector: ([key]) => key, maxLength: 2 }),
          attribute: fc.option(fc.tuple(prefix, name, text)),
          content: fc.array(fc.oneof({ depthSize: "small" }, text.map(escapeXml), tie("element")), { maxLength: 3 }),
        })
        .map(({ prefix: own, name: local, declared, attribute, content }) => {
          const tag = own === "" ? local : `${own}:${local}`;
          const declarations = declared.map(([key, value]) => ` xmlns${key === "" ? "" : `:${key}`}="${value}"`);
          const field =
            attribute === null
              ? ""
              : ` ${attribute[0] === "" ? "" : `${attribute[0]}:`}${attribute[1]}="${escapeXml(attribute[2]).replace(/[\n\t]/g, " ")}"`;
          return `<${tag}${declarations.join("")}${field}>${content.join("")}</${tag}>`;
        }),
    })).element;
    const meaning = (value: XmlElement | string): unknown =>
      typeof value === "string"
        ? value
        : [
            value.namespace,
            value.name,
            value.attributes.map((field) => [field.namespace, field.name, field.value]),
            joined(value.content).map(meaning),
          ];
    fc.assert(
      fc.property(element, namespace, namespace, (source, outer, other) => {
        const around = `<r xmlns:p="${outer}" xmlns:q="${other}">${source}</r>`;
        const kept = childrenOf(parse(around))[0] as XmlElement;
        const printed = standalone(kept);
        expect(XMLValidator.validate(printed)).toBe(true);
        expect(meaning(parse(printed))).toEqual(meaning(kept));
        const elsewhere = childrenOf(parse(`<d:z xmlns:d="DAV:" xmlns:p="urn:9">${printed}</d:z>`))[0] as XmlElement;
        expect(meaning(elsewhere)).toEqual(meaning(kept));
      }),
      { numRuns: 500 },
    );
  });
});

/** Neighbouring texts are one. */
function joined(content: XmlElement["content"]): (string | XmlElement)[] {
  const parts: (string | XmlElement)[] = [];
  for (const part of content) {
    const last = parts.at(-1);
    if (typeof part === "string" && typeof last === "string") parts[parts.length - 1] = last + part;
    else if (part !== "") parts.push(part);
  }
  return parts;
}

describe("the body of a PROPFIND", () => {
  const D = 'xmlns:d="DAV:"';
  it.each([
    ["", { kind: "all", include: [] }],
    [`<d:propfind ${D}/>`, { kind: "all", include: [] }],
    ["<d:propfind xmlns:d='DAV:'><allprop/></d:propfind>", { kind: "all", include: [] }],
    [`<d:propfind ${D}><d:prop/></d:propfind>`, { kind: "all", include: [] }],
    [`<d:propfind ${D}><d:propname/></d:propfind>`, { kind: "names" }],
    [
      `<d:propfind ${D}><x:new xmlns:x="urn:x"/><d:prop><d:a/><b/><d:a/></d:prop></d:propfind>`,
      {
        kind: "some",
        names: [
          { namespace: "DAV:", name: "a" },
          { namespace: "", name: "b" },
        ],
      },
    ],
    [
      `<d:propfind ${D}><d:allprop/><d:include><d:quota-used-bytes/></d:include></d:propfind>`,
      { kind: "all", include: [{ namespace: "DAV:", name: "quota-used-bytes" }] },
    ],
  ])("%j is understood", (text, expected) => {
    expect(parsePropfind(bytes(text))).toEqual(expected);
  });

  it("is refused where it is something else, or asks for too many properties", () => {
    const refused = (text: string) =>
      expect(() => parsePropfind(bytes(text))).toThrow(expect.objectContaining({ code: "bad-request" }));
    refused("<propfind/>");
    refused(`<d:lockinfo ${D}/>`);
    refused("<D:propfind><D:allprop/></D:propfind>");
    const many = Array.from({ length: 257 }, (_, n) => `<a${n}/>`).join("");
    refused(`<d:propfind ${D}><d:prop>${many}</d:prop></d:propfind>`);
    refused(`<d:propfind ${D} xmlns:l="urn:${"x".repeat(17_000)}"><d:prop><l:a/></d:prop></d:propfind>`);
    // Each of these is five characters in the answer.
    refused(`<d:propfind ${D} xmlns:l="urn:${"&#38;".repeat(4_000)}"><d:prop><l:a/></d:prop></d:propfind>`);
  });
});
