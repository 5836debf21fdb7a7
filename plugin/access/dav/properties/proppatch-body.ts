import { OcmError } from "../../../protocol/errors.ts";
import { parseXml } from "../xml/xml-body.ts";
import { childrenOf, type XmlElement } from "../xml/xml-body-elements.ts";
import { type PropertyName, propertyNames } from "./propfind-body.ts";

/** One property that is to be set or removed. */
export interface Instruction {
  remove: boolean;
  property: XmlElement;
}

/** What a PROPPATCH asks for. */
export interface PropertyUpdate {
  /** In the order of the document. */
  instructions: Instruction[];
  /** What they are about, each name once. */
  names: PropertyName[];
}

const INSTRUCTIONS_LIMIT = 1000;

/** Reads the body of a PROPPATCH (RFC 4918 section 14.19). @throws OcmError bad-request, unsupported-media-type */
export function parsePropertyUpdate(bytes: Uint8Array): PropertyUpdate {
  const root = parseXml(bytes);
  if (root?.namespace !== "DAV:" || root.name !== "propertyupdate") {
    throw new OcmError("bad-request", { message: "The body is not a DAV: propertyupdate." });
  }
  const steps = childrenOf(root).filter((step) => isDav(step, "set") || isDav(step, "remove"));
  const instructions = steps.flatMap((step) =>
    childrenOf(step)
      .filter((child) => isDav(child, "prop"))
      .flatMap(childrenOf)
      .map((property) => ({ remove: step.name === "remove", property })),
  );
  if (steps.length === 0 || instructions.length > INSTRUCTIONS_LIMIT) {
    throw new OcmError("bad-request", { message: "The body sets and removes nothing, or too much." });
  }
  return { instructions, names: propertyNames(instructions.map(({ property }) => property)) };
}

function isDav({ namespace, name }: XmlElement, wanted: string): boolean {
  return namespace === "DAV:" && name === wanted;
}
