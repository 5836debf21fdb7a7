import type { OcmAddress } from "./address.ts";
import {
  type Fields,
  fieldsOf,
  finish,
  isPresent,
  NOBODY,
  optionalCount,
  optionalText,
  requiredAddress,
  requiredId,
  requiredPeerAddress,
  requiredText,
  wrong,
} from "./fields.ts";
import type { ShareNotice } from "./share.ts";
import { type Dialect, dialectOf } from "./share-dialect.ts";
import { readProtocol } from "./share-protocol.ts";

/** A Share Creation Notification, read. */
export interface DecodedShare {
  share: ShareNotice;
  dialect: Dialect;
}

/**
 * Reads the body of POST /shares (draft section 6.1) in any form that deployed servers write. The share may still be one that this
 * server cannot use: `webdav` is null when it is not offered, or only with requirements that nobody here knows (G-13).
 * `share.sender.host` is the host of `claimedHost`.
 * @throws OcmError invalid-fields, with all that is wrong
 */
export function decodeShare(json: unknown): DecodedShare {
  const fields = fieldsOf(json);
  const owner = requiredPeerAddress(fields, "owner");
  const sharedBy = isPresent(fields, "sender") ? null : readSharedBy(fields, owner);
  const share: ShareNotice = {
    shareWith: requiredAddress(fields, "shareWith"),
    owner,
    sender: sharedBy === null ? requiredPeerAddress(fields, "sender") : sharedBy.address,
    ownerDisplayName: optionalText(fields, "ownerDisplayName"),
    senderDisplayName: optionalText(fields, sharedBy === null ? "senderDisplayName" : sharedBy.nameField),
    name: requiredText(fields, "name"),
    description: optionalText(fields, "description"),
    providerId: requiredId(fields, "providerId"),
    shareType: requiredText(fields, "shareType"),
    resourceType: requiredText(fields, "resourceType"),
    expiration: readExpiration(fields),
    ...readProtocol(fields),
  };
  finish(fields);
  return { share, dialect: dialectOf(fields.object) };
}

/**
 * The host that a share speaks for, so the one that must have signed it: the host of `sender`; where there is none, as in the
 * dialect of Nextcloud, the host of `owner`. Needs nothing else of the body to be right.
 * @throws OcmError invalid-fields
 */
export function claimedHost(json: unknown): string {
  const fields = fieldsOf(json);
  const { host } = isPresent(fields, "sender")
    ? requiredPeerAddress(fields, "sender")
    : readSharedBy(fields, requiredPeerAddress(fields, "owner")).address;
  finish(fields);
  return host;
}

/**
 * The sharer in the dialect of Nextcloud. Its owner's server sends and signs; when somebody of another server shares on, `sharedBy` is
 * that person, whom nothing proves, and the owner stands in.
 */
function readSharedBy(
  fields: Fields,
  owner: OcmAddress,
): { address: OcmAddress; nameField: "sharedByDisplayName" | "ownerDisplayName" } {
  if (!isPresent(fields, "sharedBy")) {
    wrong(fields, "sender", "REQUIRED");
    return { address: NOBODY, nameField: "ownerDisplayName" };
  }
  const sharedBy = requiredPeerAddress(fields, "sharedBy");
  return sharedBy.host === owner.host
    ? { address: sharedBy, nameField: "sharedByDisplayName" }
    : { address: owner, nameField: "ownerDisplayName" };
}

/** The latest time that can be meant as seconds; what is later was written in milliseconds (G-43). */
const LATEST_SECONDS = 99_999_999_999;

/** Several servers write 0 for a share that does not expire. */
function readExpiration(fields: Fields): number | null {
  const seconds = optionalCount(fields, "expiration");
  if (seconds !== null && seconds > LATEST_SECONDS) wrong(fields, "expiration", "NOT_SECONDS");
  return seconds === 0 ? null : seconds;
}
