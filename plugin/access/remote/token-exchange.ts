import { type PeerAnswer, type PeerClient, PeerFailure } from "../../ports/peer-client.ts";
import type { Failure } from "../../ports/records.ts";
import type { System } from "../../ports/system.ts";
import { OcmError } from "../../protocol/errors.ts";
import { decodeTokenGrant, decodeTokenRefusal, encodeTokenRequest, type TokenGrant } from "../../protocol/token.ts";
import { PeerRefusal } from "./refusals.ts";

export interface TokenRequest {
  peers: Pick<PeerClient, "post" | "discover">;
  system: Pick<System, "sleep">;
  /** Canonical host of the sender. */
  host: string;
  /** Canonical host of this server. */
  ownHost: string;
  /** The shared secret. */
  code: string;
  requestId: string;
}

/** The owner's server was asked for a token or for the resource, and its answer says that this share is not open to us. */
export class AccessRefused extends PeerRefusal {
  /** For the record of the share. */
  evidence(now: number): Failure {
    return { code: this.code, message: this.message, at: now, status: this.peerStatus };
  }
}

/**
 * Exchanges the shared secret for an access token (draft sections 10.1 to 10.3). Where the token endpoint has moved, the sender's discovery
 * document is read anew, once (G-33).
 * @throws AccessRefused for an OAuth error; OcmError peer-incompatible for an answer that is no token response, peer-unreachable for one
 * that is a server's trouble; PeerFailure
 */
export async function exchangeToken(request: TokenRequest): Promise<TokenGrant> {
  let { status, body } = await askTwice(request);
  if (status !== 200 && decodeTokenRefusal(status, body)?.error === "invalid_client") {
    // Signatures of one second over one request are the same bytes, and may be refused as repeated: another process of this
    // server has asked for this share just now, or this one did before it was killed.
    await request.system.sleep(NEXT_SECOND);
    ({ status, body } = await ask(request));
  }
  if (status === 200) return usable(decodeTokenGrant(body));
  const refusal = decodeTokenRefusal(status, body);
  if (refusal === null) {
    const message = `The token endpoint of ${request.host} is not available: status ${status}.`;
    throw new OcmError("peer-unreachable", { message });
  }
  throw new AccessRefused("peer-refused", `${request.host} gave no access token: ${refusal.error}.`, status);
}

/** Characters of a token: it is kept in memory for each share, and goes into a field of each request. */
const LONGEST = 8_192;

function usable(grant: TokenGrant): TokenGrant {
  if (grant.accessToken.length <= LONGEST) return grant;
  throw new OcmError("peer-incompatible", { message: "The access token of the owner's server is too long." });
}

/** After so many milliseconds a signature has other bytes. */
const NEXT_SECOND = 1_000;

async function askTwice(request: TokenRequest): Promise<PeerAnswer> {
  try {
    const answer = await ask(request);
    if (answer.status !== 404) return answer;
  } catch (error) {
    if (!(error instanceof PeerFailure) || !MOVED.has(error.code)) throw error;
  }
  await request.peers.discover(request.host, { fresh: true, requestId: request.requestId });
  return ask(request);
}

const MOVED: ReadonlySet<string> = new Set(["peer-unreachable", "peer-no-token-endpoint", "peer-redirect"]);

function ask({ peers, host, ownHost, code, requestId }: TokenRequest): Promise<PeerAnswer> {
  const form = encodeTokenRequest({ clientId: ownHost, code });
  return peers.post({ host, endpoint: "token", body: { form }, requestId });
}
