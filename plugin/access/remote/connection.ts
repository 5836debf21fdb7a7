import type { Readable } from "node:stream";
import type { PeerClient, PeerStreamAnswer } from "../../ports/peer-client.ts";
import type { IncomingShare } from "../../ports/records.ts";
import type { PeerProfile } from "../../protocol/profile.ts";
import { resourceUrl } from "../../protocol/resource-url.ts";
import { type Credential, type CredentialDeps, createCredentials } from "./credentials.ts";
import { discard, refusalOf } from "./refusals.ts";
import { AccessRefused } from "./token-exchange.ts";

/** One use of a received share by its user. */
export interface Use {
  share: IncomingShare;
  /** The sender's. */
  profile: PeerProfile;
  requestId: string;
  signal: AbortSignal | undefined;
}

export interface RemoteRequest {
  method: string;
  /** Path within the share; with a slash at the end where it is known to be a folder. */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array | Readable;
}

/** Sends requests for the bytes of received shares, with whatever opens them. */
export interface Connection {
  /** The address of something in the share. @throws OcmError path-invalid, peer-incompatible */
  url(use: Use, path: string): string;
  /**
   * Sends a request, again with other credentials where it is answered with 401, and gives any other answer. A stream can be sent once only,
   * so before it goes out the credentials are tried on the share itself, unless they have just worked.
   * @throws AccessRefused when none is taken; OcmError, PeerFailure
   */
  send(use: Use, request: RemoteRequest): Promise<PeerStreamAnswer>;
}

/** Creates the connection of one server to its received shares. */
export function createConnection(deps: CredentialDeps & { peers: PeerClient }): Connection {
  const credentials = createCredentials(deps);

  async function attempt(use: Use, request: RemoteRequest, credential: Credential): Promise<PeerStreamAnswer> {
    const { share, requestId, signal } = use;
    const answer = await deps.peers.stream({
      host: share.senderHost,
      method: request.method,
      url: url(use, request.path),
      headers: { ...request.headers, authorization: credential.header },
      body: request.body,
      requestId,
      signal,
    });
    if (answer.status === 401) credentials.refused(share, credential);
    else if (answer.status < 500) credentials.worked(share, credential);
    return answer;
  }

  async function send(use: Use, request: RemoteRequest): Promise<PeerStreamAnswer> {
    const once = request.body !== undefined && !(request.body instanceof Uint8Array);
    if (once && !credentials.isProven(use.share)) {
      const probe = await send(use, { method: "PROPFIND", path: "", headers: { depth: "0" } });
      await discard(probe.body);
    }
    let refused: PeerStreamAnswer | undefined;
    for await (const credential of credentials.candidates(use.share, use.profile, use.requestId)) {
      if (refused !== undefined) await discard(refused.body);
      refused = await attempt(use, request, credential);
      if (refused.status !== 401) return refused;
      if (once) break;
    }
    const reason = refused && (await refusalOf(refused));
    throw new AccessRefused("peer-refused", reason?.message ?? "No credential opens the share.", 401);
  }

  function url(use: Use, path: string): string {
    return resourceUrl(use.profile, use.share.uri, use.share.resourceType, path);
  }

  return { url, send };
}
