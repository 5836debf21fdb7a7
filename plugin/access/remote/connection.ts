import type { Readable } from "node:stream";
import type { PeerClient, PeerStreamAnswer } from "../../ports/peer-client.ts";
import { OcmError } from "../../protocol/errors.ts";
import { resourceUrl } from "../../protocol/resource-url.ts";
import { type Credential, type CredentialDeps, createCredentials } from "./credentials.ts";
import { discard, refusalOf } from "./refusals.ts";
import { createRelocation } from "./relocation.ts";
import { AccessRefused } from "./token-exchange.ts";
import type { Use } from "./use.ts";

export interface RemoteRequest {
  method: string;
  /** Path within the share; with a slash at the end where it is known to be a folder. */
  path: string;
  headers?: Record<string, string>;
  /** Path within the share that the Destination field names (RFC 4918 section 10.3). */
  destination?: string;
  body?: Uint8Array | Readable;
}

/** Sends requests for the bytes of received shares, with whatever opens them. */
export interface Connection {
  /** The address of something in the share. @throws OcmError path-invalid, peer-incompatible */
  url(use: Use, path: string): string;
  /**
   * Sends a request, again with other credentials where it is answered with 401, and at another address where the share has moved to one
   * (draft section 9, G-33); gives any other answer. A stream can be sent once only, so before it goes out the credentials are tried on the
   * share itself, unless they have just worked.
   * @throws AccessRefused when none is taken; OcmError, PeerFailure
   */
  send(use: Use, request: RemoteRequest): Promise<PeerStreamAnswer>;
}

/** Creates the connection of one server to its received shares. */
export function createConnection(deps: CredentialDeps & { peers: PeerClient }): Connection {
  const credentials = createCredentials(deps);
  const relocation = createRelocation(deps);

  async function attempt(use: Use, request: RemoteRequest, credential: Credential): Promise<PeerStreamAnswer> {
    const { share, requestId, signal } = use;
    const headers = { ...request.headers, authorization: credential.header };
    const answer = await deps.peers.stream({
      host: share.senderHost,
      method: request.method,
      url: url(use, request.path),
      headers: request.destination === undefined ? headers : { ...headers, destination: url(use, request.destination) },
      body: request.body,
      requestId,
      signal,
    });
    if (answer.status === 401) credentials.refused(share, credential);
    else if (answer.status < 500) credentials.worked(share, credential);
    return answer;
  }

  async function authenticated(use: Use, request: RemoteRequest, once: boolean): Promise<PeerStreamAnswer> {
    let refused: PeerStreamAnswer | undefined;
    for await (const credential of credentials.candidates(use.share, use.profile, use.requestId)) {
      if (refused !== undefined) await discard(refused.body, deps.system);
      refused = await attempt(use, request, credential);
      if (refused.status !== 401) return refused;
      if (once) {
        await discard(refused.body, deps.system);
        throw new OcmError("peer-refused", { message: TOO_LATE });
      }
    }
    const reason = refused && (await refusalOf(refused, deps.system));
    throw new AccessRefused("peer-refused", reason?.message ?? "No credential opens the share.", 401);
  }

  async function send(use: Use, request: RemoteRequest): Promise<PeerStreamAnswer> {
    const once = request.body !== undefined && !(request.body instanceof Uint8Array);
    if (once && !credentials.isProven(use.share)) {
      const probe = await send(use, { method: "PROPFIND", path: "", headers: { depth: "0" } });
      await discard(probe.body, deps.system);
    }
    let answer: PeerStreamAnswer;
    try {
      answer = await authenticated(use, request, once);
    } catch (error) {
      if (once || !relocation.mayHaveMoved(use, request.method, error) || !(await relocation.find(use))) throw error;
      return authenticated(use, request, once);
    }
    if (relocation.isThere(use, answer.status) || once || !(await relocation.find(use))) return answer;
    await discard(answer.body, deps.system);
    return authenticated(use, request, once);
  }

  function url(use: Use, path: string): string {
    return resourceUrl(use.profile, use.share.uri, use.share.resourceType, path);
  }

  return { url, send };
}

const TOO_LATE = "The owner's server took our access no more while the file was being sent. Send it again.";
