import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect } from "vitest";

/** What a page or a drawing consists of. */
export interface Markup {
  /** All texts, with those of titles. */
  texts: string[];
  /** All attributes as name and value. */
  attributes: [name: string, value: string][];
  tags: Set<string>;
}

/** Reads markup with a real parser, and fails where it is not well-formed. */
export function readMarkup(markup: string): Markup {
  expect(XMLValidator.validate(markup.replace(/^<!doctype html>\n/, ""))).toBe(true);
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    htmlEntities: true,
    stopNodes: ["*.style"],
  });
  const read: Markup = { texts: [], attributes: [], tags: new Set() };
  walk(parser.parse(markup), read);
  return read;
}

/** Fails where markup shows what only a program can read, loads something, runs something, or uses a name twice. */
export function checkMarkup(markup: string): Markup {
  const read = readMarkup(markup);
  const values = [...read.texts, ...read.attributes.map(([, value]) => value)];
  expect(values.filter((value) => /\b(NaN|undefined|Infinity|null|\[object)/.test(value))).toEqual([]);
  expect(
    [...read.tags].filter((tag) => ["script", "iframe", "object", "image", "img", "foreignObject"].includes(tag)),
  ).toEqual([]);
  expect(
    read.attributes.filter(([name]) => /^on|^(xlink:)?href$|^src$|^style$|^class$/.test(name) && !isOwn(name)),
  ).toEqual([]);
  const ids = read.attributes.filter(([name]) => name === "id").map(([, value]) => value);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  for (const [, value] of read.attributes) {
    const [, id] = /^url\(#([^)]*)\)$/.exec(value) ?? [];
    if (id !== undefined) expect(ids).toContain(id);
  }
  return read;

  function isOwn(name: string): boolean {
    // The pages' own style sheet knows classes, and an empty picture keeps browsers from asking for one.
    if (name === "class") return read.tags.has("main");
    return name === "href" && read.attributes.every(([each, value]) => each !== "href" || value === "data:,");
  }
}

function walk(nodes: unknown, read: Markup): void {
  if (!Array.isArray(nodes)) return;
  for (const node of nodes) {
    for (const [name, value] of Object.entries(node)) {
      if (name === "#text") read.texts.push(String(value));
      else if (name === ":@") read.attributes.push(...Object.entries(value as Record<string, string>));
      else {
        read.tags.add(name);
        if (name !== "style") walk(value, read);
      }
    }
  }
}

/** Names that peers could choose to do harm. */
export const HOSTILE = [
  "</svg></title><script>alert(1)</script>",
  '" onload="alert(1)" x="',
  "'><img src=x onerror=alert(1)>",
  "a\u202Egnp.exe\u0000\u0007\uD800 ]]> <!-- & {a|b} {value} $& $1",
  "]]>&amp;&#x0;",
  "長い名前".repeat(200),
  "",
  "__proto__",
];
