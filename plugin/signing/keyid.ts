import { OcmError } from "../protocol/errors.ts";
import { readSignedFields } from "./signed-fields.ts";

/**
 * The host that the `keyid` of a message's OCM signature names, lower case, with its port, or undefined where there is no signature or no
 * host in it. A hint of where to look for the share that a message is about: it proves nothing until the signature is verified against
 * that host's keys.
 * @throws OcmError signature-several, signature-malformed, signature-components for a signature that cannot be read
 */
export function hostOfSignature(rawHeaders: readonly string[]): string | undefined {
  let keyid: string;
  try {
    ({ keyid } = readSignedFields(rawHeaders).signature);
  } catch (error) {
    if (error instanceof OcmError && error.code === "signature-missing") return undefined;
    throw error;
  }
  // Either a URL, or host#fragment as in the examples of the drafts.
  return URL.parse(/^https?:/i.test(keyid) ? keyid : `https://${keyid}`)?.host;
}
