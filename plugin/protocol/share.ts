import type { OcmAddress } from "./address.ts";

/** A Share Creation Notification (draft section 6.1), whatever form it came in or will be sent in. */
export interface ShareNotice {
  /** As sent: a peer may repeat our host in the identifier, or take it off (`possibleIdentifiers`). */
  shareWith: OcmAddress;
  /** Without a host that the identifier repeats (`stripOwnHost`), so that they compare with the userID of an invite. */
  owner: OcmAddress;
  sender: OcmAddress;
  ownerDisplayName: string | null;
  senderDisplayName: string | null;
  name: string;
  description: string | null;
  providerId: string;
  shareType: string;
  resourceType: string;
  /** Seconds since the Unix epoch; null: never. */
  expiration: number | null;
  webdav: WebdavOffer | null;
  /** Names of the other protocols that were offered. */
  otherProtocols: string[];
}

/** The details of the protocol webdav (draft section 6.1). */
export interface WebdavOffer {
  /** Relative or absolute; null in the deprecated form, where the prefix itself is the resource. */
  uri: string | null;
  sharedSecret: string;
  permissions: ("read" | "write" | "share")[];
  requirements: string[];
  size: number | null;
  /** "options": the deprecated form of OCM 1.0, used with Basic authentication. */
  form: "object" | "options";
}
