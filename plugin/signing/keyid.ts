import { readOcmSignature } from "./ocm-signature.ts";
import { joinFields } from "./structured-fields.ts";

/**
 * The host that the `keyid` of a message's OCM signature names, lower case, with its port, or undefined. A hint of where to look for
 * the share that a message is about: it proves nothing until the signature is verified against that host's keys.
 */
export function hostOfSignature(rawHeaders: readonly string[]): string | undefined {
  let keyid: string;
  try {
    ({ keyid } = readOcmSignature(joinFields(rawHeaders)));
  } catch {
    return undefined;
  }
  // Either a URL, or host#fragment as in the examples of the drafts.
  return URL.parse(/^https?:/i.test(keyid) ? keyid : `https://${keyid}`)?.host;
}
