import type { OutgoingShare } from "../ports/records.ts";
import { TokenError } from "../protocol/token.ts";
import { MINUTE, sha256 } from "./aggregate.ts";
import type { SharingContext } from "./context.ts";
import { opens } from "./outgoing.ts";

/** Longest life of an access token, in milliseconds. Revocation does not wait for it. */
export const TOKEN_LIFETIME = 60 * MINUTE;

export interface Exchange {
  /** Canonical host of the `client_id`, which the signature has proved. */
  host: string;
  /** The sharedSecret. */
  code: string;
  requestId: string;
}

/**
 * The token endpoint's decision (draft section 10): a fresh access token for the share that the code belongs to. The code can be used
 * again, since renewal is the same request; an unknown code and one of another receiver are told apart by nothing.
 * @throws TokenError invalid_grant, slow_down when a host guesses
 */
export async function exchange(
  context: SharingContext,
  { host, code, requestId }: Exchange,
): Promise<{ accessToken: string; expiresIn: number }> {
  const { store, sealer, system, limits } = context;
  const now = system.now();
  const guesses = `token:${host}`;
  const share = await store.outgoing.bySecretHash(sha256(code));
  if (share === undefined || share.host !== host || !opens(share, now)) {
    const count = await store.counters.bump(guesses, now, now + 5 * MINUTE);
    context.decided({ name: "token-refused", record: share?.id ?? "", user: share?.user ?? "", peer: host, requestId });
    if (count > limits.tokenGuesses) throw new TokenError("invalid_client", "Too many wrong codes; wait five minutes.");
    throw new TokenError("invalid_grant", "The code is unknown, or its share has ended.");
  }
  const expiresAt = tokenEnd(share, now);
  const accessToken = sealer.issueToken({ share: share.id, epoch: share.epoch, expiresAt });
  context.decided({ name: "token-issued", record: share.id, user: share.user, peer: host, requestId });
  return { accessToken, expiresIn: Math.floor((expiresAt - now) / 1000) };
}

function tokenEnd(share: OutgoingShare, now: number): number {
  return Math.min(now + TOKEN_LIFETIME, share.expiresAt ?? Number.POSITIVE_INFINITY);
}
