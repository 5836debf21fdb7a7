import { OcmError } from "../protocol/errors.ts";
import type { Fields } from "./structured-fields.ts";

/** What a signature can cover of a request. */
export interface SignedRequest {
  method: string;
  /** Absolute URL, ASCII. */
  targetUri: string;
  fields: Fields;
}

/**
 * The bytes that are signed (RFC 9421 section 2.5): one line for each covered component, then the signature's own parameters.
 * @param params the components and parameters as they stand in Signature-Input, serialised
 * @throws OcmError signature-components when a component is not known or the request lacks it
 */
export function signatureBase(components: readonly string[], params: string, request: SignedRequest): Buffer {
  let base = "";
  for (const name of components) base += `"${name}": ${componentValue(name, request)}\n`;
  // Node gives header bytes as Latin-1, so this restores the bytes of the wire.
  return Buffer.from(`${base}"@signature-params": ${params}`, "latin1");
}

function componentValue(name: string, request: SignedRequest): string {
  const value = name.startsWith("@") ? derivedValue(name, request) : fieldValue(name, request.fields);
  // A line break would let one component pass for two.
  if (/[\r\n]/.test(value)) throw refusal(`The value of ${JSON.stringify(name)} contains a line break.`);
  return value;
}

function fieldValue(name: string, fields: Fields): string {
  const value = fields.get(name);
  if (value === undefined)
    throw refusal(`The signature covers ${JSON.stringify(name)}, which the request does not have.`);
  return value;
}

/** Derived components of requests (RFC 9421 section 2.2), all taken from the method and the target URI. */
function derivedValue(name: string, { method, targetUri }: SignedRequest): string {
  switch (name) {
    case "@method":
      return method;
    case "@target-uri":
      return targetUri;
    case "@scheme":
      return splitUri(targetUri).scheme;
    case "@authority":
      return splitUri(targetUri).authority;
    case "@path":
      return splitUri(targetUri).path;
    case "@query":
      return splitUri(targetUri).query || "?";
    case "@request-target": {
      const { path, query } = splitUri(targetUri);
      return path + query;
    }
    default:
      throw refusal(`The derived component ${JSON.stringify(name)} is not supported.`);
  }
}

/** The parts of an absolute URL as they are written: no percent-encoding and no dot segment is touched. */
function splitUri(uri: string): { scheme: string; authority: string; path: string; query: string } {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i.exec(uri);
  if (match === null) throw refusal("The target URI is not absolute.");
  const [, scheme = "", authority = "", path = "", query = ""] = match;
  const lower = scheme.toLowerCase();
  const defaultPort = lower === "https" ? /:443$/ : /:80$/;
  return { scheme: lower, authority: authority.toLowerCase().replace(defaultPort, ""), path: path || "/", query };
}

function refusal(message: string): OcmError {
  return new OcmError("signature-components", { message });
}
