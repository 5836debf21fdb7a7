import { escapeXml } from "../../xml.ts";
import type { XmlElement } from "./xml-body-elements.ts";

/**
 * An element as text that is well-formed wherever it is put: it declares each prefix and the default namespace that it uses, and names
 * the language that was valid around it (RFC 4918 section 4.3). Prefixes are kept, because values may speak of them.
 */
export function standalone(element: XmlElement): string {
  const needed = new Map<string, string>();
  const { attributes, content } = printParts(element, undefined, needed);
  let extra = "";
  for (const [prefix, namespace] of needed) extra += declaration(prefix, namespace);
  const ownLanguage = element.attributes.some(({ prefix, name }) => prefix === "xml" && name === "lang");
  if (!ownLanguage && element.language !== undefined) extra += attribute("xml:lang", element.language);
  return assemble(element, extra + attributes, content);
}

/** What is in an element, each element of it standing alone. */
export function standaloneContent(element: XmlElement): string {
  return element.content.map((part) => (typeof part === "string" ? escapeXml(part) : standalone(part))).join("");
}

/** The prefixes that are declared where something is printed. */
interface Printed {
  declared: ReadonlyMap<string, string>;
  outer: Printed | undefined;
}

/** Notes in `needed` which prefixes have to be declared around all of this. */
function print(element: XmlElement, outer: Printed | undefined, needed: Map<string, string>): string {
  const { attributes, content } = printParts(element, outer, needed);
  return assemble(element, attributes, content);
}

function printParts(
  element: XmlElement,
  outer: Printed | undefined,
  needed: Map<string, string>,
): { attributes: string; content: string } {
  const { declared } = element;
  const scope = declared.size === 0 ? outer : { declared, outer };
  const need = (prefix: string, namespace: string) => {
    if (prefix !== "xml" && namespace !== "" && !isDeclared(prefix, scope)) needed.set(prefix, namespace);
  };
  need(element.prefix, element.namespace);
  let attributes = "";
  for (const [prefix, namespace] of declared) attributes += declaration(prefix, namespace);
  for (const { prefix, namespace, name, value } of element.attributes) {
    if (prefix !== "") need(prefix, namespace);
    attributes += attribute(qualified(prefix, name), value);
  }
  const content = element.content
    .map((part) => (typeof part === "string" ? escapeXml(part) : print(part, scope, needed)))
    .join("");
  return { attributes, content };
}

function isDeclared(prefix: string, scope: Printed | undefined): boolean {
  for (let at = scope; at !== undefined; at = at.outer) if (at.declared.has(prefix)) return true;
  return false;
}

function assemble(element: XmlElement, attributes: string, content: string): string {
  const tag = qualified(element.prefix, element.name);
  return content === "" ? `<${tag}${attributes}/>` : `<${tag}${attributes}>${content}</${tag}>`;
}

function qualified(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}:${name}`;
}

function declaration(prefix: string, namespace: string): string {
  return attribute(prefix === "" ? "xmlns" : `xmlns:${prefix}`, namespace);
}

/** A reader would make spaces of line ends and tabs. */
function attribute(name: string, value: string): string {
  const escaped = escapeXml(value).replace(/[\n\t]/g, (character) => (character === "\n" ? "&#10;" : "&#9;"));
  return ` ${name}="${escaped}"`;
}
