import type { Signer } from "../ports/crypto.ts";
import { type PeerAnswer, type PeerClient, PeerFailure, type PeerMessage } from "../ports/peer-client.ts";
import type { Connections } from "./connections.ts";
import type { DiscoveryCache } from "./discovery-cache.ts";
import { endpointUrl } from "./endpoints.ts";
import { isBeforeSending, isGatewayStatus } from "./failures.ts";
import type { BoundedHttp } from "./http.ts";

/** A peer may call back before it answers a message, so it gets more time than for a document. */
const DEADLINE = 30_000;
/** A discovery document younger than this is not read again because an endpoint is missing. */
const FRESH_ENOUGH = 5_000;

export interface PostContext {
  http: BoundedHttp;
  signer: Signer;
  discovery: DiscoveryCache;
  connections: Connections;
  /** Told of each attempt: null for an answer of the peer. */
  report(host: string, failure: PeerFailure | null): void;
}

/**
 * Sends signed messages. Where the endpoint is not there (not named, 404, or no connection), the discovery document is read anew, and
 * the message goes to the new endpoint if there is one (G-33).
 */
export function createPost(context: PostContext): PeerClient["post"] {
  const { discovery, connections } = context;
  return async (message) => {
    const { host, endpoint, requestId } = message;
    const known = await discovery.get(host, { requestId });
    const urlIn = ({ profile }: typeof known) => endpointUrl(profile, endpoint, connections(host).allowInsecureHttp);
    const newUrl = async (old: string | null): Promise<string | null> => {
      const fresh = await discovery.get(host, { maxAge: FRESH_ENOUGH, requestId }).catch(() => null);
      const url = fresh && urlIn(fresh);
      return url === old ? null : url;
    };
    let url: string | null = null;
    try {
      url = urlIn(known);
      const answer = await send(context, message, url);
      const isMissing = answer.status === 404 || answer.status === 410;
      const next = isMissing ? await newUrl(url) : null;
      return next === null ? answer : await send(context, message, next);
    } catch (error) {
      const mayHaveMoved = url === null || (error instanceof PeerFailure && isBeforeSending(error));
      const next = mayHaveMoved ? await newUrl(url) : null;
      if (next === null) throw error;
      return send(context, message, next);
    }
  };
}

async function send(context: PostContext, message: PeerMessage, url: string): Promise<PeerAnswer> {
  const { http, signer, connections, report } = context;
  const { host, endpoint, requestId } = message;
  const { type, bytes } = encode(message.body);
  const signature = await signer.sign({ method: "POST", targetUri: url, body: bytes });
  const headers = { accept: "application/json", "content-type": type, ...signature };
  try {
    const connect = connections(host).message;
    const request = { host, url, template: `{endPoint}/${endpoint}`, connect, deadline: DEADLINE, requestId };
    const answer = await http.post({ ...request, headers, body: bytes });
    report(host, gatewayFailure(host, answer));
    return answer;
  } catch (error) {
    if (error instanceof PeerFailure) report(host, error);
    throw error;
  }
}

function encode(body: PeerMessage["body"]): { type: string; bytes: Buffer } {
  if ("json" in body) return { type: "application/json", bytes: Buffer.from(JSON.stringify(body.json)) };
  const form = new URLSearchParams(body.form).toString();
  return { type: "application/x-www-form-urlencoded", bytes: Buffer.from(form) };
}

/** A gateway's error page without a body of OCM means that the peer itself did not answer. */
function gatewayFailure(host: string, { status, body }: PeerAnswer): PeerFailure | null {
  if (!isGatewayStatus(status) || body !== undefined) return null;
  return new PeerFailure("peer-error", host, `A gateway answers for ${host} with status ${status}.`, { status });
}
