import type { IncomingShare, OutgoingShare } from "../ports/records.ts";
import { OcmError } from "../protocol/errors.ts";
import { incomingShareId } from "../protocol/incoming-share-id.ts";
import { personRemoved } from "./contacts.ts";
import type { SharingContext } from "./context.ts";
import { decideOn } from "./decide.ts";
import { endedByOwner } from "./incoming.ts";
import { acceptedByRecipient, declinedByRecipient } from "./outgoing.ts";

/** A notification (draft section 8) whose sender is proved to be `host`. */
export interface Notified {
  host: string;
  notificationType: "SHARE_ACCEPTED" | "SHARE_DECLINED" | "SHARE_UNSHARED" | "USER_REMOVED";
  providerId: string;
  requestId: string;
  /** What `notifiedShare` has just found for the same host; absent: it is looked for. */
  share?: IncomingShare | OutgoingShare | undefined;
}

/**
 * The share that a notification is about, by its direction and the host it must come from: equal ids of two servers never meet.
 * SHARE_UNSHARED may come from either side; ours is looked for second.
 */
export async function notifiedShare(
  context: SharingContext,
  { host, notificationType, providerId }: Pick<Notified, "host" | "notificationType" | "providerId">,
): Promise<IncomingShare | OutgoingShare | undefined> {
  if (notificationType === "SHARE_UNSHARED") {
    const incoming = await context.store.incoming.get(incomingShareId(host, providerId));
    if (incoming !== undefined) return incoming;
  }
  const outgoing = await context.store.outgoing.get(providerId);
  return outgoing?.host === host ? outgoing : undefined;
}

/**
 * Applies a notification; repeating it changes nothing.
 * @throws OcmError share-unknown
 */
export async function notified(context: SharingContext, notice: Notified): Promise<void> {
  if (notice.notificationType === "USER_REMOVED") return personRemoved(context, notice.host, notice.providerId);
  const share = notice.share ?? (await notifiedShare(context, notice));
  if (share === undefined) {
    throw new OcmError("share-unknown", {
      validationErrors: [{ name: "providerId", message: "RESOURCE_NOT_FOUND" }],
    });
  }
  const { requestId } = notice;
  if (share.kind === "incoming") {
    await decideOn(context, context.store.incoming, share, { name: "share-ended-by-owner", requestId }, (found, now) =>
      endedByOwner(found, now, requestId),
    );
  } else if (notice.notificationType === "SHARE_ACCEPTED") {
    const name = "share-accepted-by-recipient";
    await decideOn(context, context.store.outgoing, share, { name, requestId }, acceptedByRecipient);
  } else {
    const name = "share-declined-by-recipient";
    await decideOn(context, context.store.outgoing, share, { name, requestId }, declinedByRecipient);
  }
}
