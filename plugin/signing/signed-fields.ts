import { type OcmSignature, readOcmSignature } from "./ocm-signature.ts";
import { type Fields, joinFields } from "./structured-fields.ts";

/** The fields of a message with an OCM signature, and the signature as they state it. */
export interface SignedFields {
  fields: Fields;
  signature: OcmSignature;
}

const read = new WeakMap<readonly string[], SignedFields>();

/**
 * Reads the fields and the one OCM signature of a message: of one that can be read only once, however many ask.
 * @param rawHeaders as node:http gives them; the same array is taken for the same message
 * @throws OcmError signature-missing, signature-several, signature-malformed, signature-components
 */
export function readSignedFields(rawHeaders: readonly string[]): SignedFields {
  let found = read.get(rawHeaders);
  if (found === undefined) {
    const fields = joinFields(rawHeaders);
    found = { fields, signature: readOcmSignature(fields) };
    read.set(rawHeaders, found);
  }
  return found;
}
