import { OcmError } from "../protocol/errors.ts";
import { decodeInviteAccepted, encodeInviteAnswer } from "../protocol/invite-accepted.ts";
import type { SharingContext } from "../sharing/context.ts";
import { redeem } from "../sharing/invites.ts";
import { MESSAGE_LIMIT } from "./body.ts";
import type { PeerAuth } from "./peer-auth.ts";
import type { Route } from "./route.ts";

/** POST /invite-accepted: an invite made here is accepted at another server (draft section 4.4.3). */
export function inviteAcceptedRoute(context: SharingContext, auth: PeerAuth): Route {
  return {
    method: "POST",
    base: "prefix",
    path: "/invite-accepted",
    body: { kind: "json", limit: MESSAGE_LIMIT },
    access: { kind: "peer", policy: "`recipientProvider`" },
    summary: "An invite has been accepted",
    reference: "draft section 4.4.3",
    async handle(call) {
      const acceptance = decodeInviteAccepted(call.json);
      const host = acceptance.recipientProvider;
      if (host === context.self.host) throw new OcmError("invite-own");
      await auth.authenticate(call, host);
      const { token, userID, name, email } = acceptance;
      const identity = await redeem(context, { host, token, userID, name, email, requestId: call.requestId });
      return { status: 200, body: encodeInviteAnswer(identity) };
    },
  };
}
