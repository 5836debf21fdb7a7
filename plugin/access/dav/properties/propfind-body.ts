import { OcmError } from "../../../protocol/errors.ts";
import { escapeXml } from "../../xml.ts";
import { parseXml } from "../xml/xml-body.ts";
import { childrenOf, davChild, type XmlElement } from "../xml/xml-body-elements.ts";

/** A property by its namespace ("" for none) and local name. */
export interface PropertyName {
  namespace: string;
  name: string;
}

/** What a PROPFIND asks for (RFC 4918 section 14.20). `include` names properties that are wanted beside those of `allprop`. */
export type PropfindRequest =
  | { kind: "all"; include: PropertyName[] }
  | { kind: "names" }
  | { kind: "some"; names: PropertyName[] };

/** Each unknown property is answered once for every entry of a folder, so their number and their length are bounded. */
const NAMES_LIMIT = 256;
const NAMES_LENGTH_LIMIT = 16_384;

/**
 * Reads the body of a PROPFIND. No body, an empty `propfind` or `prop`, and an `allprop` in whatever namespace ask for everything:
 * deployed servers send each of these.
 * @throws OcmError bad-request for XML that is malformed, declares a document type, or is no `propfind`; unsupported-media-type for
 * one in another encoding than UTF-8 and UTF-16
 */
export function parsePropfind(bytes: Uint8Array): PropfindRequest {
  const root = parseXml(bytes);
  if (root === undefined) return { kind: "all", include: [] };
  if (root.namespace !== "DAV:" || root.name !== "propfind") {
    throw new OcmError("bad-request", { message: "The body is not a DAV: propfind." });
  }
  for (const child of childrenOf(root)) {
    if (child.name === "allprop") break;
    if (child.namespace !== "DAV:") continue;
    if (child.name === "propname") return { kind: "names" };
    if (child.name !== "prop") continue;
    const names = propertyNames(childrenOf(child));
    if (names.length > 0) return { kind: "some", names };
    break;
  }
  const include = davChild(root, "include");
  return { kind: "all", include: include === undefined ? [] : propertyNames(childrenOf(include)) };
}

/** The names of properties that are listed as elements, each once. @throws OcmError bad-request for too many */
export function propertyNames(elements: readonly XmlElement[]): PropertyName[] {
  const names = new Map<string, PropertyName>();
  for (const { namespace, name } of elements) names.set(`${namespace} ${name}`, { namespace, name });
  let length = 0;
  // As they are written in the answer: an escaped character has up to six.
  for (const { namespace, name } of names.values()) length += escapeXml(namespace).length + name.length;
  if (names.size > NAMES_LIMIT || length > NAMES_LENGTH_LIMIT) {
    throw new OcmError("bad-request", { message: "The body names too many properties." });
  }
  return [...names.values()];
}
