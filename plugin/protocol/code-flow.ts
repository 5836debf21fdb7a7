import type { ErrorCode } from "./errors.ts";
import { demands, exchangesTokens, has, type PeerProfile } from "./profile.ts";

/** What of this server matters for the code flow; the full plugin has both. */
export interface OwnAbilities {
  /** Capability `exchange-token`, with a `tokenEndPoint`. */
  exchangeToken: boolean;
  /** Capability `enforce-mfa`. */
  enforceMfa: boolean;
}

/** Why something is not done, with a sentence for a person. */
export interface Refusal {
  code: ErrorCode;
  reason: string;
}

/** May a share be created, and is it strict? */
export type SenderFlow = { create: true; strict: boolean } | ({ create: false } & Refusal);

/**
 * The Sending Server's side of the decision table (draft section 10.4): may the share be created, and is it strict, which means that it
 * carries `must-exchange-token` on every protocol and its secret opens nothing? Where both are allowed our shares are strict.
 * @param profile the receiver's
 */
export function senderFlow(own: Pick<OwnAbilities, "exchangeToken">, profile: PeerProfile): SenderFlow {
  const receiverCan = has(profile, "exchange-token");
  if (!demands(profile, "must-exchange-token")) return { create: true, strict: own.exchangeToken && receiverCan };
  if (!receiverCan) {
    return refuse(
      `${profile.host} demands the token exchange and does not support it: its operator has to correct that.`,
    );
  }
  if (!own.exchangeToken)
    return refuse(`${profile.host} demands the token exchange, which this server does not offer.`);
  return { create: true, strict: true };
}

/**
 * How a received share is opened. "exchange": only with an access token. "try-exchange": with one if it is to be had, else with the
 * secret. "secret": with the secret.
 */
export type ReceiverFlow = "exchange" | "try-exchange" | "secret" | Refusal;

/**
 * The Receiving Server's side of the decision table (draft section 10.4 and step 3.1 of section 9).
 * @param requirements of the share
 * @param profile the sender's
 */
export function receiverFlow(
  requirements: readonly string[],
  own: Pick<OwnAbilities, "exchangeToken">,
  profile: PeerProfile,
): ReceiverFlow {
  if (!requirements.includes("must-exchange-token")) {
    return own.exchangeToken && exchangesTokens(profile) ? "try-exchange" : "secret";
  }
  if (!own.exchangeToken) {
    return {
      code: "protocol-unsupported",
      reason: "The share demands the token exchange, which this server does not support.",
    };
  }
  if (profile.tokenEndPoint === null) {
    const reason = `The share demands the token exchange, and ${profile.host} names no token endpoint.`;
    return { code: "peer-incompatible", reason };
  }
  return "exchange";
}

/** Can this server meet all requirements of a share? If not, its protocol is of no use here (G-13, G-30, G-54). */
export function meets(requirements: readonly string[], own: OwnAbilities): boolean {
  return requirements.every(
    (requirement) =>
      (requirement === "must-exchange-token" && own.exchangeToken) ||
      (requirement === "must-use-mfa" && own.enforceMfa),
  );
}

function refuse(reason: string): SenderFlow {
  return { create: false, code: "peer-incompatible", reason };
}
