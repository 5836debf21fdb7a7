import type { Readable } from "node:stream";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { OcmError } from "../../protocol/errors.ts";
import { isElementName, unescapeXml } from "../xml.ts";

/** A property by its namespace ("" for none) and local name. */
export interface PropertyName {
  namespace: string;
  name: string;
}

/** What a PROPFIND asks for (RFC 4918 section 14.20). */
export type PropfindRequest = { kind: "all" } | { kind: "names" } | { kind: "some"; names: PropertyName[] };

const BODY_LIMIT = 65_536;
/** Each unknown property is answered once for every entry of a folder, so their number and their length are bounded. */
const NAMES_LIMIT = 256;
const NAMES_LENGTH_LIMIT = 16_384;

/** The whole body of a request. @throws OcmError too-large beyond 64 KiB, bad-request where it breaks off */
export async function readBody(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > BODY_LIMIT) break;
    }
  } catch (cause) {
    throw new OcmError("bad-request", { message: "The body breaks off.", cause });
  }
  if (length > BODY_LIMIT) {
    body.resume();
    throw new OcmError("too-large");
  }
  return Buffer.concat(chunks, length);
}

/**
 * Reads the body of a PROPFIND. No body, an empty `propfind` or `prop`, and an `allprop` in whatever namespace ask for everything:
 * deployed servers send each of these.
 * @throws OcmError bad-request for XML that is malformed, declares a document type, or is no `propfind`
 */
export function parsePropfind(bytes: Uint8Array): PropfindRequest {
  const text = decode(bytes);
  if (text.trim() === "") return { kind: "all" };
  const root = parseDocument(text);
  if (root.namespace !== "DAV:" || root.name !== "propfind") throw malformed("The body is not a DAV: propfind.");
  for (const child of root.children()) {
    if (child.name === "allprop") return { kind: "all" };
    if (child.namespace !== "DAV:") continue;
    if (child.name === "propname") return { kind: "names" };
    if (child.name === "prop") return some(child.children());
  }
  return { kind: "all" };
}

function some(elements: Element[]): PropfindRequest {
  if (elements.length === 0) return { kind: "all" };
  const names = new Map<string, PropertyName>();
  for (const { namespace, name } of elements) names.set(`${namespace} ${name}`, { namespace, name });
  let length = 0;
  for (const { namespace, name } of names.values()) length += namespace.length + name.length;
  if (names.size > NAMES_LIMIT || length > NAMES_LENGTH_LIMIT) {
    throw malformed("The body asks for too many properties.");
  }
  return { kind: "some", names: [...names.values()] };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformed("The body is not UTF-8.", cause);
  }
}

/** What the parser makes of an element: its content under its name, its attributes under `:@`. */
type OrderedNode = Record<string, unknown>;

interface Element extends PropertyName {
  children(): Element[];
}

/**
 * Namespaces by prefix, declared on one element, and those that are valid around it. They are not copied for each element, because one
 * body can declare thousands and have thousands of elements.
 */
interface Scope {
  declared: ReadonlyMap<string, string>;
  outer: Scope | undefined;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  jPath: false,
});

/** The root element of a document, with namespaces resolved on the way down. */
function parseDocument(text: string): Element {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw malformed("The body declares a document type.");
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw malformed(`The body is not well-formed XML: line ${valid.err.line}.`);
  let nodes: OrderedNode[];
  try {
    nodes = parser.parse(text);
  } catch (cause) {
    throw malformed("The body is not well-formed XML.", cause);
  }
  const [root, ...others] = elementsOf(nodes, undefined);
  if (root === undefined || others.length > 0) throw malformed("The body has to have one root element.");
  return root;
}

function elementsOf(nodes: OrderedNode[], outer: Scope | undefined): Element[] {
  const elements: Element[] = [];
  for (const node of nodes) {
    const tag = Object.keys(node).find((key) => key !== ":@" && key !== "#text");
    if (tag !== undefined) elements.push(elementOf(tag, node[tag], node[":@"], outer));
  }
  return elements;
}

function elementOf(tag: string, content: unknown, attributes: unknown, outer: Scope | undefined): Element {
  const declared = new Map<string, string>();
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key === "xmlns") declared.set("", unescapeXml(String(value)));
    else if (key.startsWith("xmlns:")) declared.set(key.slice(6), unescapeXml(String(value)));
  }
  const scope = declared.size === 0 ? outer : { declared, outer };
  const colon = tag.indexOf(":");
  const prefix = colon === -1 ? "" : tag.slice(0, colon);
  const name = tag.slice(colon + 1);
  const namespace = namespaceOf(prefix, scope) ?? (prefix === "" ? "" : undefined);
  if (namespace === undefined) throw malformed("The body uses a namespace prefix that it does not declare.");
  if (prefix !== "" && namespace === "") throw malformed("The body binds a namespace prefix to nothing.");
  if (!isElementName(name)) throw malformed("The body has an element whose name is not valid.");
  return { namespace, name, children: () => elementsOf(Array.isArray(content) ? content : [], scope) };
}

function namespaceOf(prefix: string, scope: Scope | undefined): string | undefined {
  for (let at = scope; at !== undefined; at = at.outer) {
    const namespace = at.declared.get(prefix);
    if (namespace !== undefined) return namespace;
  }
  return undefined;
}

function malformed(message: string, cause?: unknown): OcmError {
  return new OcmError("bad-request", { message, cause });
}
