import { XMLParser, XMLValidator } from "fast-xml-parser";
import { OcmError } from "../../../protocol/errors.ts";
import { isElementName, unescapeXml } from "../../xml.ts";

/** An attribute that is no namespace declaration. */
interface XmlAttribute {
  prefix: string;
  namespace: string;
  name: string;
  value: string;
}

/** An element with its namespaces resolved. */
export interface XmlElement {
  prefix: string;
  /** "" for none. */
  namespace: string;
  name: string;
  attributes: readonly XmlAttribute[];
  /** Namespaces by prefix ("" for the default one) that are declared on this element. */
  declared: ReadonlyMap<string, string>;
  /** The language that `xml:lang` here or around says; undefined for none. */
  language: string | undefined;
  /** Text, already unescaped, and elements in the order of the document. Comments and processing instructions are left out. */
  content: readonly (string | XmlElement)[];
}

/** How a document is read. */
export interface XmlOptions {
  /** The namespace that prefixes stand for which are not declared. Without it such a document is refused. */
  undeclared?: string;
}

/** Elements within each other; also what recursion over a document can rely on. */
const DEPTH_LIMIT = 64;

const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/";

/** What the parser makes of an element: its content under its name, its attributes under `:@`. */
type OrderedNode = Record<string, unknown>;

/**
 * Namespaces by prefix, declared on one element, and those that are valid around it. They are not copied for each element, because one
 * body can declare thousands and have thousands of elements.
 */
interface Scope {
  declared: ReadonlyMap<string, string>;
  outer: Scope | undefined;
}

const NONE: ReadonlyMap<string, string> = new Map();

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: "#cdata",
  jPath: false,
  maxNestedTags: DEPTH_LIMIT,
  onDangerousProperty: (name) => name,
});

/** The text of an element that has no elements in it, or what stands between them. */
export function textOf(element: XmlElement): string {
  return element.content.filter((part) => typeof part === "string").join("");
}

/** The elements that are directly in an element. */
export function childrenOf(element: XmlElement): XmlElement[] {
  return element.content.filter((part) => typeof part !== "string");
}

/** The first child in the namespace DAV: with this name. */
export function davChild(element: XmlElement, name: string): XmlElement | undefined {
  return childrenOf(element).find((child) => child.namespace === "DAV:" && child.name === name);
}

/** The root element of a document. @throws OcmError bad-request for one that is malformed, too deep, or has a document type */
export function parseElements(document: string, options: XmlOptions): XmlElement {
  const text = document.replace(/\r\n?/g, "\n");
  if (IMPOSSIBLE.test(text)) throw malformed("The body has a character that XML does not permit.");
  refuseDeclarations(text);
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw malformed(`The body is not well-formed XML: line ${valid.err.line}.`);
  let nodes: OrderedNode[];
  try {
    nodes = parser.parse(text);
  } catch (cause) {
    throw malformed("The body is not well-formed XML, or nested too deep.", cause);
  }
  const [root, ...others] = contentOf(nodes, undefined, undefined, options).filter((part) => typeof part !== "string");
  if (root === undefined || others.length > 0 || !text.trimEnd().endsWith(">")) {
    throw malformed("The body has to have one root element.");
  }
  return root;
}

/**
 * A declaration within a comment, a CDATA section or a processing instruction is only text. Those are passed over in one walk. The walk
 * is wrong only about a `<` in an attribute, which is refused later.
 */
function refuseDeclarations(text: string): void {
  const opening = /<(?:!--|!\[CDATA\[|\?|!)/g;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const end = ENDINGS[match[0]];
    if (end === undefined) throw malformed("The body declares a document type.");
    const at = text.indexOf(end, opening.lastIndex);
    if (at === -1) throw malformed("The body is not well-formed XML: something is not closed.");
    opening.lastIndex = at + end.length;
  }
}

const ENDINGS: Readonly<Record<string, string>> = { "<!--": "-->", "<![CDATA[": "]]>", "<?": "?>" };

function contentOf(
  nodes: readonly OrderedNode[],
  outer: Scope | undefined,
  language: string | undefined,
  options: XmlOptions,
): (string | XmlElement)[] {
  const content: (string | XmlElement)[] = [];
  for (const node of nodes) {
    const tag = Object.keys(node).find((key) => key !== ":@");
    if (tag === undefined) continue;
    const inner = node[tag];
    if (tag === "#text") content.push(unescaped(String(inner)));
    else if (tag === "#cdata") content.push(cdata(inner));
    else content.push(elementOf(tag, Array.isArray(inner) ? inner : [], node[":@"], outer, language, options));
  }
  return content;
}

function cdata(nodes: unknown): string {
  return Array.isArray(nodes) ? nodes.map((node: OrderedNode) => String(node["#text"] ?? "")).join("") : "";
}

function elementOf(
  tag: string,
  nodes: readonly OrderedNode[],
  fields: unknown,
  outer: Scope | undefined,
  around: string | undefined,
  options: XmlOptions,
): XmlElement {
  const declared = declarationsOf(fields);
  const scope = declared.size === 0 ? outer : { declared, outer };
  const { prefix, name } = splitName(tag);
  const namespace = namespaceOf(prefix, scope, options);
  const attributes = attributesOf(fields, scope, options);
  const own = attributes.find((attribute) => attribute.prefix === "xml" && attribute.name === "lang");
  const language = own === undefined ? around : own.value || undefined;
  const content = contentOf(nodes, scope, language, options);
  return { prefix, namespace, name, attributes, declared, language, content };
}

function declarationsOf(fields: unknown): ReadonlyMap<string, string> {
  let declared: Map<string, string> | undefined;
  for (const [key, raw] of Object.entries(fields ?? {})) {
    if (key !== "xmlns" && !key.startsWith("xmlns:")) continue;
    const prefix = key.slice(6);
    const namespace = attributeValue(String(raw));
    if (key !== "xmlns" && (namespace === "" || !isElementName(prefix))) {
      throw malformed("The body binds a namespace prefix to nothing.");
    }
    if (prefix === "xmlns" || namespace === XMLNS_NAMESPACE || (prefix === "xml") !== (namespace === XML_NAMESPACE)) {
      throw malformed("The body binds a namespace prefix that is reserved.");
    }
    declared ??= new Map();
    declared.set(prefix, namespace);
  }
  return declared ?? NONE;
}

function attributesOf(fields: unknown, scope: Scope | undefined, options: XmlOptions): XmlAttribute[] {
  const attributes: XmlAttribute[] = [];
  const seen = new Set<string>();
  for (const [key, raw] of Object.entries(fields ?? {})) {
    if (key === "xmlns" || key.startsWith("xmlns:")) continue;
    const { prefix, name } = splitName(key);
    const namespace = prefix === "" ? "" : namespaceOf(prefix, scope, options);
    if (seen.has(`${namespace} ${name}`)) throw malformed("The body has an element with the same attribute twice.");
    seen.add(`${namespace} ${name}`);
    attributes.push({ prefix, namespace, name, value: attributeValue(String(raw)) });
  }
  return attributes;
}

function splitName(qualified: string): { prefix: string; name: string } {
  const colon = qualified.indexOf(":");
  const prefix = colon === -1 ? "" : qualified.slice(0, colon);
  const name = qualified.slice(colon + 1);
  if (!isElementName(name) || (colon !== -1 && !isElementName(prefix))) {
    throw malformed("The body has a name that is not valid.");
  }
  return { prefix, name };
}

function namespaceOf(prefix: string, scope: Scope | undefined, options: XmlOptions): string {
  if (prefix === "xml") return XML_NAMESPACE;
  for (let at = scope; at !== undefined; at = at.outer) {
    const namespace = at.declared.get(prefix);
    if (namespace !== undefined) return namespace;
  }
  if (prefix === "") return "";
  if (options.undeclared === undefined || prefix === "xmlns") {
    throw malformed("The body uses a namespace prefix that it does not declare.");
  }
  return options.undeclared;
}

/** Line ends and tabs that are written as such count as spaces (XML 1.0 section 3.3.3). */
function attributeValue(raw: string): string {
  if (raw.includes("<")) throw malformed("The body has an attribute with a character that has to be escaped.");
  return unescaped(raw.replace(/[\n\t]/g, " "));
}

const REFERENCE = /&(?:(?:amp|lt|gt|quot|apos|#x([\da-fA-F]{1,6})|#(\d{1,7}));)?/g;

/** Without declarations there are five named entities; anything else after an ampersand has no meaning. */
function unescaped(raw: string): string {
  if (!raw.includes("&")) return raw;
  for (const [reference, hex, decimal] of raw.matchAll(REFERENCE)) {
    const code = hex === undefined ? Number(decimal ?? 0) : Number.parseInt(hex, 16);
    if (reference === "&" || code > 0x10ffff) throw malformed("The body refers to an entity that is not declared.");
  }
  const text = unescapeXml(raw);
  if (IMPOSSIBLE.test(text) || !text.isWellFormed()) {
    throw malformed("The body has a character that XML does not permit.");
  }
  return text;
}

/** What XML 1.0 cannot hold, not even as a character reference (its section 2.2). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const IMPOSSIBLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

function malformed(message: string, cause?: unknown): OcmError {
  return new OcmError("bad-request", { message, cause });
}
