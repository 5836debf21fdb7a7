/** What a server says of itself in discovery (draft section 5), read with tolerance and put into one form. */
export interface PeerProfile {
  /** Canonical host[:port] of its OCM Addresses. */
  host: string;
  enabled: boolean;
  /** As written; servers of Nextcloud say `1.0-proposal1` whatever they can. */
  apiVersion: string;
  /** Absolute URL of its OCM API, without a slash at the end. "" only where it is not enabled. */
  endPoint: string;
  provider: string | null;
  resourceTypes: ResourceTypeOffer[];
  /** Known aliases put into today's names, unknown values kept. */
  capabilities: string[];
  criteria: string[];
  /** Absolute URLs, or null. */
  tokenEndPoint: string | null;
  jwksUri: string | null;
  inviteAcceptDialog: string | null;
}

/** One kind of resource, with whom and how the server shares it. */
export interface ResourceTypeOffer {
  name: string;
  shareTypes: string[];
  /** By protocol name; `webdav` is a path, `webdav-receive` an object. */
  protocols: Record<string, unknown>;
}

/** Does the server advertise this capability (draft section 5.3)? */
export function has(profile: PeerProfile, capability: string): boolean {
  return profile.capabilities.includes(capability);
}

/** Does the server demand this of whoever shares to it (draft section 5.3)? */
export function demands(profile: PeerProfile, criterion: string): boolean {
  return profile.criteria.includes(criterion);
}

/** Can the server exchange tokens as a sender: the capability and the endpoint (DISC-50)? */
export function exchangesTokens(profile: PeerProfile): boolean {
  return has(profile, "exchange-token") && profile.tokenEndPoint !== null;
}

/**
 * The path under which the server serves shared resources over WebDAV, or null. It is looked for at the type of the share, then at
 * `file`, then anywhere: the order of the list means nothing (G-36).
 */
export function webdavPrefix(profile: PeerProfile, resourceType: string): string | null {
  const { resourceTypes } = profile;
  const inOrder = [offerOf(profile, resourceType), offerOf(profile, "file"), ...resourceTypes];
  for (const offer of inOrder) {
    const prefix = offer?.protocols.webdav;
    if (typeof prefix === "string" && prefix !== "") return prefix;
  }
  return null;
}

/**
 * Does the server receive such shares (D-27)? A file for a user over webdav may always be assumed (D-28). Servers from before
 * `webdav-receive` receive what they send, and those that list only `file` are tried with a folder too (G-44).
 */
export function accepts(profile: PeerProfile, resourceType: string, shareType: string, protocol: string): boolean {
  if (resourceType === "file" && shareType === "user" && protocol === "webdav") return true;
  const offer = offerOf(profile, resourceType) ?? (resourceType === "folder" ? offerOf(profile, "file") : undefined);
  if (offer === undefined || !offer.shareTypes.includes(shareType)) return false;
  return isOffered(offer, `${protocol}-receive`) || (protocol === "webdav" && isOffered(offer, "webdav"));
}

/** In which form the server takes the address of a share (G-39). */
export function receivedUri(profile: PeerProfile, resourceType: string): "absolute" | "relative" | null {
  const offer = offerOf(profile, resourceType) ?? offerOf(profile, "file");
  const receive = offer?.protocols["webdav-receive"];
  const uri = typeof receive === "object" && receive !== null && "uri" in receive ? receive.uri : null;
  return uri === "absolute" || uri === "relative" ? uri : null;
}

function offerOf(profile: PeerProfile, name: string): ResourceTypeOffer | undefined {
  return profile.resourceTypes.find((offer) => offer.name === name);
}

function isOffered(offer: ResourceTypeOffer, protocol: string): boolean {
  const value = offer.protocols[protocol];
  return value !== undefined && value !== null;
}
