import { type OcmAddress, parseAddress, stripOwnHost } from "./address.ts";
import { OcmError, type ValidationError } from "./errors.ts";
import { isObject, textsOf } from "./json.ts";

/** What can be wrong with a field: the `message` of a validation error. */
export type FieldProblem =
  | "REQUIRED"
  | "NOT_A_STRING"
  | "NOT_AN_OBJECT"
  | "NOT_A_LIST_OF_STRINGS"
  | "NOT_AN_INTEGER"
  | "NOT_AN_OCM_ADDRESS"
  | "NOT_A_HOST"
  | "NOT_UNICODE"
  | "TOO_LONG"
  | "NOT_SECONDS"
  | "NOT_A_USABLE_URI"
  | "NOT_VISIBLE_ASCII";

/** One object of a message while it is read. Readers add what is wrong to `errors` and go on, so that a peer is told all of it. */
export interface Fields {
  readonly object: Record<string, unknown>;
  /** Path of the object in the message, "" or ending in a dot. */
  readonly path: string;
  readonly errors: ValidationError[];
}

/** Begins to read a message. @throws OcmError invalid-fields when it is no JSON object */
export function fieldsOf(json: unknown): Fields {
  if (!isObject(json)) throw new OcmError("invalid-fields", { message: "The body has to be one JSON object." });
  return { object: json, path: "", errors: [] };
}

/** Begins to read an object inside of another. */
export function innerFields(outer: Fields, name: string, object: Record<string, unknown>): Fields {
  return { object, path: `${outer.path}${name}.`, errors: outer.errors };
}

/** Notes that a field is wrong. */
export function wrong(fields: Fields, name: string, message: FieldProblem): void {
  fields.errors.push({ name: fields.path + name, message });
}

/** Ends the reading. @throws OcmError invalid-fields with all that was wrong */
export function finish({ errors }: Fields): void {
  if (errors.length > 0) throw new OcmError("invalid-fields", { validationErrors: errors });
}

/** Is there anything in this field? Several servers send empty texts for what they don't have. */
export function isPresent(fields: Fields, name: string): boolean {
  const value = fields.object[name];
  return value !== undefined && value !== null && value !== "";
}

/** Longest text of a message that is kept. What strangers send is stored, and shown in lists of a thousand. */
const LONGEST_TEXT = 4096;

/** A text, or null when it is missing or empty. */
export function optionalText(fields: Fields, name: string): string | null {
  if (!isPresent(fields, name)) return null;
  const value = fields.object[name];
  if (typeof value !== "string") wrong(fields, name, "NOT_A_STRING");
  else if (!value.isWellFormed()) wrong(fields, name, "NOT_UNICODE");
  else if (value.length > LONGEST_TEXT) wrong(fields, name, "TOO_LONG");
  else return value;
  return null;
}

/** A text that has to be there. "" when it is wrong. */
export function requiredText(fields: Fields, name: string): string {
  if (!isPresent(fields, name)) wrong(fields, name, "REQUIRED");
  return optionalText(fields, name) ?? "";
}

/** An opaque identifier: a text, or the integer that some servers send instead. */
export function requiredId(fields: Fields, name: string): string {
  const value = fields.object[name];
  return Number.isSafeInteger(value) ? String(value) : requiredText(fields, name);
}

/** Stands for an address that could not be read; the error is noted, so nobody gets to see it. */
export const NOBODY: OcmAddress = { identifier: "", host: "" };

/** An OCM Address that has to be there. */
export function requiredAddress(fields: Fields, name: string): OcmAddress {
  const text = requiredText(fields, name);
  if (text === "") return NOBODY;
  try {
    return parseAddress(text);
  } catch {
    wrong(fields, name, "NOT_AN_OCM_ADDRESS");
    return NOBODY;
  }
}

/** The address of somebody at the peer. A host that the identifier repeats is taken off, as with the userID of an invite (G-05). */
export function requiredPeerAddress(fields: Fields, name: string): OcmAddress {
  const { identifier, host } = requiredAddress(fields, name);
  return { identifier: stripOwnHost(identifier, host), host };
}

/** A list of texts, or null when it is missing. */
export function optionalTexts(fields: Fields, name: string): string[] | null {
  if (!isPresent(fields, name)) return null;
  const texts = textsOf(fields.object[name]);
  if (texts === undefined) wrong(fields, name, "NOT_A_LIST_OF_STRINGS");
  return texts ?? null;
}

/** A whole number that is not negative, also written as text; null when it is missing. */
export function optionalCount(fields: Fields, name: string): number | null {
  if (!isPresent(fields, name)) return null;
  const value = fields.object[name];
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  wrong(fields, name, "NOT_AN_INTEGER");
  return null;
}
