import { type BareItem, isInnerList, serializeInnerList } from "structured-headers";
import { OcmError } from "../protocol/errors.ts";
import { plainBytes, plainSignatureInput } from "./plain-fields.ts";
import { dictionaryMembers, type Fields, type Member, membersLabelled } from "./structured-fields.ts";

/** The one OCM signature of a message, as its fields state it. Nothing in it has been checked yet. */
export interface OcmSignature {
  /** Names of the covered components, in their order. */
  components: readonly string[];
  /** Components and parameters, serialised: the value of `@signature-params`. */
  params: string;
  /** Seconds since the Unix epoch. */
  created: number;
  /** Seconds since the Unix epoch. */
  expires: number | undefined;
  keyid: string;
  /** Name in the registry of HTTP signature algorithms. */
  alg: string | undefined;
  /** The signature itself. */
  bytes: Buffer;
}

function signatureInputs(field: string): Member[] {
  return readable("Signature-Input", () => dictionaryMembers(field));
}

/**
 * The entries of Signature-Input that are OCM signatures: those with `tag="ocm"` or, if there are none, those with the label
 * `ocm` and no tag, as draft -05 has it (SIG-08, SIG-10, D-18, D-25).
 */
function ocmEntries(members: Member[]): Member[] {
  const tagged = members.filter(([, [, parameters]]) => parameters.get("tag") === "ocm");
  if (tagged.length > 0) return tagged;
  return members.filter(([label, [, parameters]]) => label === "ocm" && !parameters.has("tag"));
}

/**
 * Reads the one OCM signature of a message (RFC 9421 section 4).
 * @throws OcmError signature-missing, signature-several, signature-malformed, signature-components
 */
export function readOcmSignature(fields: Fields): OcmSignature {
  const field = fields.get("signature-input") ?? "";
  const plain = plainSignatureInput(field);
  const inputs = plain === undefined ? signatureInputs(field) : [plain.member];
  const [entry, second] = ocmEntries(inputs);
  if (entry === undefined) throw new OcmError("signature-missing");
  const [label, list] = entry;
  // Another entry with the same label, whatever its tag, leaves open which of them the bytes belong to.
  if (second !== undefined || inputs.filter(([other]) => other === label).length > 1) {
    throw new OcmError("signature-several");
  }
  if (!isInnerList(list)) throw malformed(`Signature-Input has no list of components for "${label}".`);
  const [items, parameters] = list;
  const created = parameters.get("created");
  const keyid = parameters.get("keyid");
  if (created === undefined || keyid === undefined) {
    throw new OcmError("signature-components", { message: "The signature needs the parameters created and keyid." });
  }
  return {
    components: componentNames(items),
    params: plain?.params ?? readable("Signature-Input", () => serializeInnerList(list)),
    created: seconds("created", created),
    expires: optional("expires", parameters.get("expires"), seconds),
    keyid: text("keyid", keyid),
    alg: optional("alg", parameters.get("alg"), text),
    bytes: signatureBytes(fields, label),
  };
}

function componentNames(items: [BareItem, Map<string, BareItem>][]): string[] {
  const names = new Set<string>();
  for (const [name, parameters] of items) {
    if (typeof name !== "string") throw malformed("The names of covered components have to be strings.");
    if (parameters.size > 0) {
      throw new OcmError("signature-components", {
        message: `The parameters of the component ${JSON.stringify(name)} are not supported.`,
      });
    }
    if (names.has(name)) throw malformed(`The component ${JSON.stringify(name)} is covered twice.`);
    names.add(name);
  }
  return [...names];
}

function signatureBytes(fields: Fields, label: string): Buffer {
  const field = fields.get("signature") ?? "";
  const plain = plainBytes(field, label);
  if (plain !== undefined) return plain;
  const members = readable("Signature", () => membersLabelled(field, label));
  if (members.length > 1) throw new OcmError("signature-several");
  const value = members[0]?.[1][0];
  if (!(value instanceof ArrayBuffer)) throw malformed(`Signature has no bytes with the label "${label}".`);
  return Buffer.from(value);
}

function optional<T>(
  name: string,
  value: BareItem | undefined,
  read: (name: string, value: BareItem) => T,
): T | undefined {
  return value === undefined ? undefined : read(name, value);
}

function seconds(name: string, value: BareItem): number {
  if (typeof value !== "number" || !Number.isInteger(value))
    throw malformed(`The parameter ${name} is not an integer.`);
  return value;
}

function text(name: string, value: BareItem): string {
  if (typeof value !== "string") throw malformed(`The parameter ${name} is not a string.`);
  return value;
}

function readable<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw malformed(`${field} cannot be read (RFC 9421).`, cause);
  }
}

function malformed(message: string, cause?: unknown): OcmError {
  return new OcmError("signature-malformed", { message, cause });
}
