import type { Cause, ReceivedSharesApi, ReceivedShareView } from "../api.ts";
import type { DecisionName } from "../events.ts";
import type { EndedBy, IncomingShare } from "../ports/records.ts";
import { OcmError } from "../protocol/errors.ts";
import type { Decision } from "./aggregate.ts";
import { peerDeliveriesOf, requestIdOf, viewPage } from "./common.ts";
import type { SharingContext } from "./context.ts";
import { decideOn } from "./decide.ts";
import { accepted, declined, left } from "./incoming.ts";
import { isLive } from "./schedule.ts";

/** What a person does with shares that were given to them (Receiving Server). All of it is local; the sender is told later. */
export function receivedShares(
  context: SharingContext,
): Pick<ReceivedSharesApi, "list" | "get" | "accept" | "decline" | "leave"> {
  const view = (share: IncomingShare) => receivedShareView(share, context.peers.isUnreachable(share.senderHost));
  return {
    list: async (user, page) => viewPage(await context.store.incoming.ofUser(user, page), view),
    async get(user, id) {
      const share = await context.store.incoming.get(id);
      if (share === undefined || share.user !== user) throw new OcmError("not-found");
      return view(share);
    },
    async accept(user, id, cause) {
      return view(
        await decide(context, user, id, cause, "share-accepted", (share, now, requestId) => {
          if (share.status === "accepted") return undefined;
          if (share.status === "ended") throw new OcmError("share-ended");
          if (share.status === "declined") throw new OcmError("share-not-pending");
          return accepted(share, now, requestId);
        }),
      );
    },
    async decline(user, id, cause) {
      return view(
        await decide(context, user, id, cause, "share-declined", (share, now, requestId) => {
          if (share.status === "declined") return undefined;
          if (share.status === "ended") throw new OcmError("share-ended");
          if (share.status === "accepted") throw new OcmError("share-not-pending");
          return declined(share, now, requestId);
        }),
      );
    },
    leave: async (user, id, cause) => view(await leave(context, id, "person", user, cause)),
  };
}

/** Ends a received share here, for this user, or for anybody where no user is named. */
export function leave(
  context: SharingContext,
  id: string,
  by: EndedBy,
  user?: string,
  cause?: Cause,
): Promise<IncomingShare> {
  return decide(context, user, id, cause, "share-left", (found, now, requestId) => left(found, by, now, requestId));
}

/** One decision of a person about one received share. */
function decide(
  context: SharingContext,
  user: string | undefined,
  id: string,
  cause: Cause | undefined,
  name: DecisionName,
  decision: (share: IncomingShare, now: number, requestId: string) => Decision<IncomingShare>,
): Promise<IncomingShare> {
  const requestId = requestIdOf(context.system, cause);
  return decideOn(context, context.store.incoming, id, { name, requestId }, (found, now) => {
    if (user !== undefined && found.user !== user) throw new OcmError("not-found");
    return decision(found, now, requestId);
  });
}

/** What the recipient is shown; never the secret. `unreachable` comes from what is known of the peer and is never stored. */
export function receivedShareView(share: IncomingShare, unreachable: boolean): ReceivedShareView {
  return {
    id: share.id,
    name: share.name,
    description: share.description,
    resourceType: share.resourceType,
    sender: share.sender,
    owner: share.owner,
    senderDisplayName: share.senderDisplayName,
    ownerDisplayName: share.ownerDisplayName,
    permissions: share.permissions,
    requirements: share.requirements,
    status: share.status,
    endedBy: share.endedBy,
    access: unreachable && isLive(share) ? "unreachable" : share.access,
    accessEvidence: share.accessEvidence,
    warnings: share.warnings,
    lastKnown: share.lastKnown,
    createdAt: share.createdAt,
    expiresAt: share.expiresAt,
    endedAt: share.endedAt,
    deliveries: peerDeliveriesOf(share),
  };
}
