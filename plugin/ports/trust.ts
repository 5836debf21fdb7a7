/** Which servers this one talks to. Implemented by `peers/` from the options `trust` and `peers`. */
export interface TrustPolicy {
  /** May this host send to us, or be sent to? The sentence says why not; null permits. */
  refuse(host: string): string | null;
  /** Named by the operator (in an allow list or with settings of its own), so its shares carry no warning. */
  isKnown(host: string): boolean;
  /** Criterion must-invite: only invited contacts may send shares. */
  readonly mustInvite: boolean;
  /** Criterion must-exchange-token. */
  readonly mustExchangeToken: boolean;
  /** Whether requests without a signature are refused from everyone, or only from peers that sign, or from nobody. */
  readonly signatures: SignaturePolicy;
  /** The same for one peer, which may have a rule of its own. */
  signaturesOf(host: string): SignaturePolicy;
}

export type SignaturePolicy = "required" | "if-peer-signs" | "optional";
