import { encodeShareAnswer } from "../protocol/share-answer.ts";
import { claimedHost, decodeShare } from "../protocol/share-decode.ts";
import type { SharingContext } from "../sharing/context.ts";
import { receive } from "../sharing/receive.ts";
import { MESSAGE_LIMIT } from "./body.ts";
import type { PeerAuth } from "./peer-auth.ts";
import type { Route } from "./route.ts";

/** POST /shares: a Share Creation Notification comes in (draft section 6). */
export function sharesRoute(context: SharingContext, auth: PeerAuth): Route {
  return {
    method: "POST",
    base: "prefix",
    path: "/shares",
    body: { kind: "json", limit: MESSAGE_LIMIT },
    access: { kind: "peer", policy: "host of `sender`" },
    summary: "Receive a share",
    reference: "draft section 6",
    async handle(call) {
      await auth.authenticate(call, speakerOf(call.json));
      const { share, dialect } = decodeShare(call.json);
      const recipientDisplayName = await receive(context, { share, dialect, requestId: call.requestId });
      return { status: 201, body: encodeShareAnswer(recipientDisplayName) };
    },
  };
}

/** The host that has to have signed the message. One that names none is told everything that is wrong with it, not that alone. */
function speakerOf(json: unknown): string {
  try {
    return claimedHost(json);
  } catch (error) {
    decodeShare(json);
    throw error;
  }
}
