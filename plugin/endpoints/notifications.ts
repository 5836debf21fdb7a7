import { timingSafeEqual } from "node:crypto";
import type { IncomingShare, OutgoingShare } from "../ports/records.ts";
import { OcmError } from "../protocol/errors.ts";
import { decodeNotification, type Notification } from "../protocol/notification.ts";
import { sha256 } from "../sharing/aggregate.ts";
import type { SharingContext } from "../sharing/context.ts";
import { peerOf } from "../sharing/decide.ts";
import { notified, notifiedShare } from "../sharing/notified.ts";
import { hostOfSignature } from "../signing/keyid.ts";
import { MESSAGE_LIMIT } from "./body.ts";
import type { PeerAuth } from "./peer-auth.ts";
import type { Call, Route } from "./route.ts";

/** POST /notifications: a peer tells what became of a share (draft section 8). */
export function notificationsRoute(context: SharingContext, auth: PeerAuth): Route {
  return {
    method: "POST",
    base: "prefix",
    path: "/notifications",
    body: { kind: "json", limit: MESSAGE_LIMIT },
    access: { kind: "peer", policy: "host of the other side of the stored share" },
    summary: "Receive a notification",
    reference: "draft section 8",
    async handle(call) {
      const notification = decodeNotification(call.json);
      const { host, share } = await authenticated(context, auth, call, notification);
      const { notificationType, providerId } = notification;
      await notified(context, { host, notificationType, providerId, requestId: call.requestId, share });
      return { status: 201, body: {} };
    },
  };
}

/**
 * The proven sender of a notification, and the share where it was found by that sender. The message names no host, so the stored share does;
 * the host in `keyid` only helps to find the share. An unsigned one has to know the share's secret.
 */
async function authenticated(
  context: SharingContext,
  auth: PeerAuth,
  call: Call,
  notification: Notification,
): Promise<{ host: string; share?: IncomingShare | OutgoingShare | undefined }> {
  const hinted = hostOfSignature(call.request.rawHeaders);
  const share = await shareOf(context, notification, hinted);
  const host = share === undefined ? hinted : peerOf(share);
  if (host === undefined || host === null) throw new OcmError("signature-missing");
  const { signed } = await auth.authenticate(call, host);
  if (!signed && !knowsSecret(share, notification)) throw new OcmError("signature-missing");
  return host === hinted ? { host, share } : { host };
}

async function shareOf(
  { store }: SharingContext,
  notification: Notification,
  hinted: string | undefined,
): Promise<IncomingShare | OutgoingShare | undefined> {
  if (notification.notificationType === "USER_REMOVED") return undefined;
  if (hinted === undefined) return store.outgoing.get(notification.providerId);
  return (
    (await notifiedShare({ store } as SharingContext, { host: hinted, ...notification })) ??
    (await store.outgoing.get(notification.providerId))
  );
}

function knowsSecret(share: IncomingShare | OutgoingShare | undefined, { sharedSecret }: Notification): boolean {
  if (share?.kind !== "outgoing" || sharedSecret === null) return false;
  return timingSafeEqual(Buffer.from(sha256(sharedSecret)), Buffer.from(share.secretHash));
}
