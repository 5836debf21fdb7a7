import { OcmError } from "../protocol/errors.ts";
import { decodeTokenRequest, encodeTokenError, encodeTokenGrant, TokenError } from "../protocol/token.ts";
import type { SharingContext } from "../sharing/context.ts";
import { exchange } from "../sharing/exchange.ts";
import { errorReply } from "./answer.ts";
import { MESSAGE_LIMIT } from "./body.ts";
import type { PeerAuth } from "./peer-auth.ts";
import type { Call, Reply, Route } from "./route.ts";

const NO_STORE = { "cache-control": "no-store" };

/** The token endpoint (draft section 10). Its errors have OAuth's form (RFC 6749 section 5.2), all with 400. */
export function tokenRoute(context: SharingContext, auth: PeerAuth, seen: SeenSignatures): Route {
  return {
    method: "POST",
    base: "prefix",
    path: "/token",
    body: { kind: "form", limit: MESSAGE_LIMIT },
    access: { kind: "peer", policy: "`client_id`" },
    summary: "Exchange a shared secret for an access token",
    reference: "draft section 10, RFC 6749 section 4.1.3",
    async handle(call) {
      try {
        return await grant(call);
      } catch (error) {
        if (error instanceof TokenError) return { status: 400, headers: NO_STORE, body: encodeTokenError(error) };
        throw error;
      }
    },
    refuse: oauthReply,
  };

  async function grant(call: Call): Promise<Reply> {
    const { clientId, code } = decodeTokenRequest(call.form);
    const { signature } = await auth.authenticate(call, clientId);
    if (signature === null) throw new OcmError("signature-missing");
    if (seen.repeated(signature)) {
      throw new TokenError("invalid_client", "This signature has been used already; sign each request anew.");
    }
    const granted = await exchange(context, { host: clientId, code, requestId: call.requestId });
    return { status: 200, headers: NO_STORE, body: encodeTokenGrant(granted) };
  }
}

/** Remembers signatures for as long as they are fresh. */
export interface SeenSignatures {
  repeated(signature: string): boolean;
}

/** A refusal in OAuth's form; the statuses of HTTP itself stay. */
function oauthReply(error: OcmError, requestId: string): Reply {
  const { status, headers } = errorReply(error, requestId);
  const kept = status >= 500 || status === 411 || status === 413 || status === 429;
  return {
    status: kept ? status : 400,
    headers,
    body: { error: oauthCode(error), error_description: error.message, code: error.code, requestId },
  };
}

function oauthCode(error: OcmError): string {
  if (error.code === "peer-not-allowed") return "unauthorized_client";
  return error.code.startsWith("signature-") ? "invalid_client" : "invalid_request";
}
