import type { Sealed } from "./records.ts";

/** A JSON Web Key as published (RFC 7517), public part only. */
export interface PublicJwk {
  kty: string;
  crv?: string;
  x?: string;
  y?: string;
  n?: string;
  e?: string;
  kid?: string;
  alg?: string;
  use?: string;
}

export interface OutboundMessage {
  method: string;
  /** Absolute URL. */
  targetUri: string;
  body: Uint8Array;
}

/** Signs a request as this server. */
export interface Signer {
  /** The fields to add: content-digest, content-length, date, signature-input, signature. */
  sign(message: OutboundMessage): Promise<Record<string, string>>;
}

export interface InboundMessage {
  method: string;
  /** Rebuilt from the configured origin, never from Host. */
  targetUri: string;
  /** Raw names and values in turn, as node:http gives them in `rawHeaders`. */
  rawHeaders: readonly string[];
  body: Uint8Array;
}

export interface Verifier {
  /**
   * Verifies the one OCM signature of a message (tag `ocm`, or label `ocm` without a tag) against the keys of a host.
   * @throws OcmError code signature-… naming the check that failed; signature-missing where there is none
   */
  verify(
    message: InboundMessage,
    host: string,
    keyOf: KeySource,
  ): Promise<{ keyid: string; created: number; signature: string }>;
}

/** The key of `host` whose `kid` is this, or undefined. May ask the peer once. @throws PeerFailure */
export type KeySource = (host: string, kid: string) => Promise<PublicJwk | undefined>;

/** Encrypts secrets at rest and makes access tokens (AEAD). */
export interface Sealer {
  seal(plain: string, purpose: string): Sealed;
  /** @throws OcmError internal when the key is gone or the data was altered */
  open(sealed: Sealed, purpose: string): string;
  /** An opaque access token that begins with `ocm_`. */
  issueToken(claims: TokenClaims): string;
  /** The claims of a token that this server made, or undefined. Says nothing about its time. */
  readToken(token: string): TokenClaims | undefined;
}

export interface TokenClaims {
  share: string;
  epoch: number;
  /** Milliseconds since the Unix epoch. */
  expiresAt: number;
}
