import { formatAddress } from "./address.ts";
import type { Json, JsonObject } from "./json.ts";
import { has, type PeerProfile, receivedUri } from "./profile.ts";
import type { ShareNotice, WebdavOffer } from "./share.ts";

/** A share of ours, before its form on the wire is chosen. */
export interface ShareToSend extends Omit<ShareNotice, "webdav" | "otherProtocols"> {
  webdav: Omit<WebdavOffer, "uri" | "form"> & {
    /** Key of the share below the webdav prefix of our discovery. */
    relativeUri: string;
    /** The same as a URL. */
    absoluteUri: string;
  };
}

/**
 * The form of `protocol` that a peer reads (G-42): an object for each protocol, or the deprecated `options`. The token exchange is
 * younger than the object form, so whoever has it reads the latter, whatever its `apiVersion` says (Nextcloud 35).
 */
export function shareForm(profile: PeerProfile): WebdavOffer["form"] {
  if (has(profile, "protocol-object") || has(profile, "exchange-token")) return "object";
  return isOlderThan(profile.apiVersion, 1, 1) ? "options" : "object";
}

/**
 * The form of the address that a peer reads (G-39). Servers of the Reva family before `webdav-receive` store a relative one and never
 * find it.
 */
export function uriForm(profile: PeerProfile, resourceType: string): "absolute" | "relative" {
  const wanted = receivedUri(profile, resourceType);
  if (wanted !== null) return wanted;
  return /^(?:reva|ocis|opencloud)$/i.test(profile.provider ?? "") ? "absolute" : "relative";
}

/** Writes the body of POST /shares (draft section 6.1) for one peer. */
export function encodeShare(share: ShareToSend, profile: PeerProfile): JsonObject {
  const form = shareForm(profile);
  return {
    shareWith: shareWith(share, form),
    name: share.name,
    ...known({ description: share.description }),
    providerId: share.providerId,
    owner: formatAddress(share.owner),
    sender: formatAddress(share.sender),
    ...known({ ownerDisplayName: share.ownerDisplayName, senderDisplayName: share.senderDisplayName }),
    ...(form === "options" ? sharedBy(share) : {}),
    shareType: share.shareType,
    resourceType: share.resourceType,
    ...known({ expiration: share.expiration }),
    protocol: form === "options" ? optionsForm(share.webdav) : objectForm(share, profile),
  };
}

/** Seafile finds nobody without the scheme; the others of that age, Nextcloud and ownCloud, read it with or without. */
function shareWith({ shareWith: { identifier, host } }: ShareToSend, form: WebdavOffer["form"]): string {
  return form === "options" ? `${identifier}@https://${host}` : formatAddress({ identifier, host });
}

/** What `sender` was called before there was a draft. Seafile needs it. */
function sharedBy({ sender, senderDisplayName }: ShareToSend): JsonObject {
  return { sharedBy: formatAddress(sender), ...known({ sharedByDisplayName: senderDisplayName }) };
}

function objectForm({ webdav, resourceType }: ShareToSend, profile: PeerProfile): JsonObject {
  const uri = uriForm(profile, resourceType) === "absolute" ? webdav.absoluteUri : webdav.relativeUri;
  const { sharedSecret, permissions, size } = webdav;
  return {
    name: "multi",
    webdav: { uri, sharedSecret, permissions, ...requirements(webdav), ...known({ size }) },
  };
}

/** The permissions are the name of the property that a receiver has to ask for them, since there were none in the message then. */
function optionsForm(webdav: ShareToSend["webdav"]): JsonObject {
  const permissions = "{http://open-cloud-mesh.org/ns}share-permissions";
  return { name: "webdav", options: { sharedSecret: webdav.sharedSecret, permissions, ...requirements(webdav) } };
}

/** A list of requirements must not be empty. */
function requirements(webdav: ShareToSend["webdav"]): JsonObject {
  return webdav.requirements.length === 0 ? {} : { requirements: webdav.requirements };
}

/** Without the fields that are null. */
function known(fields: Record<string, Json>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function isOlderThan(version: string, major: number, minor: number): boolean {
  const parts = /^(\d+)(?:\.(\d+))?/.exec(version);
  if (parts === null) return false;
  const own = Number(parts[1]);
  return own < major || (own === major && Number(parts[2] ?? 0) < minor);
}
