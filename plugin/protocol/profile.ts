/** What a server says of itself in discovery (draft section 5), read with tolerance and put into one form. */
export interface PeerProfile {
  /** Canonical host[:port] of its OCM Addresses. */
  host: string;
  enabled: boolean;
  apiVersion: string;
  /** Absolute URL of its OCM API, without a slash at the end. */
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

export interface ResourceTypeOffer {
  name: string;
  shareTypes: string[];
  /** By protocol name; `webdav` is a path, `webdav-receive` an object. */
  protocols: Record<string, unknown>;
}
