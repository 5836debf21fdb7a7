import type { TrustPolicy } from "../ports/trust.ts";
import { encodeDiscovery } from "../protocol/discovery.ts";
import { type PrebuiltDocument, prebuilt } from "./documents.ts";

/** Seconds for which peers may keep our discovery document and keys. */
export const DOCUMENT_MAX_AGE = 3600;

const CAPABILITIES = ["enforce-mfa", "exchange-token", "http-sig", "invites", "notifications", "protocol-object"];

export interface OwnDocumentsOptions {
  /** Scheme and host[:port]. */
  origin: string;
  publicPath: string;
  prefix: string;
  name: string;
  trust: TrustPolicy;
  /** Capabilities that the mounted routes earn, beside those that every server of ours has. */
  capabilities: readonly string[];
  /** Path of the invite dialog, or null where there are no pages. */
  inviteAcceptDialog: string | null;
  wellKnownJwks: boolean;
  /** The JWK Set; the same object as long as its content is the same. */
  jwks(): object;
}

/**
 * Discovery (draft section 5) and the JWK Set, prebuilt, by the paths at which they are served. Both are made again only when the keys
 * have changed.
 */
export function ownDocuments(options: OwnDocumentsOptions): () => ReadonlyMap<string, PrebuiltDocument> {
  const { origin, publicPath, prefix, trust } = options;
  const endPoint = `${origin}${publicPath}${prefix}`;
  const discovery = prebuilt(
    encodeDiscovery({
      endPoint,
      provider: options.name,
      webdav: `${publicPath}${prefix}/dav/`,
      capabilities: [...CAPABILITIES, ...options.capabilities].sort(),
      criteria: criteria(trust),
      tokenEndPoint: `${endPoint}/token`,
      jwksUri: `${endPoint}/jwks.json`,
      inviteAcceptDialog: options.inviteAcceptDialog,
    }),
    "application/json",
    DOCUMENT_MAX_AGE,
  );
  let keys: object | undefined;
  let documents: ReadonlyMap<string, PrebuiltDocument> = new Map();
  return () => {
    const current = options.jwks();
    if (current === keys) return documents;
    keys = current;
    const jwks = prebuilt(current, "application/jwk-set+json", DOCUMENT_MAX_AGE);
    documents = new Map([
      ["/.well-known/ocm", discovery],
      [`${prefix}/jwks.json`, jwks],
      ...(options.wellKnownJwks ? ([["/.well-known/jwks.json", jwks]] as const) : []),
    ]);
    return documents;
  };
}

function criteria(trust: TrustPolicy): string[] {
  return [
    ...(trust.signatures === "required" ? ["must-use-http-sig"] : []),
    ...(trust.mustExchangeToken ? ["must-exchange-token"] : []),
    ...(trust.mustInvite ? ["must-invite"] : []),
  ];
}
