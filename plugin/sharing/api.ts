import type { DeliveriesApi, DeliveryView, OcmApi, ReceivedSharesApi } from "../api.ts";
import type { AnyAggregate, Kind } from "../ports/records.ts";
import type { Collection } from "../ports/store.ts";
import { fileMoved, fileRemoved, userRemoved } from "./account.ts";
import { change, type Decision } from "./aggregate.ts";
import { deliveriesOf } from "./common.ts";
import { contacts } from "./contacts.ts";
import { type SharingContext, stamp } from "./context.ts";
import { invites } from "./invites.ts";
import { receivedShares } from "./received.ts";
import { sentShares } from "./sent.ts";

type RemoteMethods = Omit<ReceivedSharesApi, "list" | "get" | "accept" | "decline" | "leave">;

/** All use cases; `remote` reads and writes what others share with us. */
export function sharingApi(
  context: SharingContext,
  remote: RemoteMethods,
): Omit<OcmApi, "copies" | "passwords" | "fileChanged"> {
  return {
    invites: invites(context),
    contacts: contacts(context),
    sent: sentShares(context),
    received: { ...receivedShares(context), ...remote },
    deliveries: deliveries(context),
    fileMoved: (user, from, to) => fileMoved(context, user, from, to),
    fileRemoved: (user, path) => fileRemoved(context, user, path),
    userRemoved: (user) => userRemoved(context, user),
  };
}

function deliveries(context: SharingContext): DeliveriesApi {
  const { outgoing, incoming, invites: invited, contacts: known } = context.store;
  return {
    async *list(filter = {}) {
      yield* waiting(outgoing, filter.host);
      yield* waiting(incoming, filter.host);
      yield* waiting(invited, filter.host);
      yield* waiting(known, filter.host);
    },
    async retry(kind, record) {
      await retry(context, kind, record);
      await context.nudge(kind, record);
    },
  };
}

async function* waiting<R extends AnyAggregate>(collection: Collection<R>, host?: string): AsyncIterable<DeliveryView> {
  let after: string | undefined;
  do {
    const page = await collection.withOutbox({ limit: 200, after, host });
    for (const record of page.items) yield* deliveriesOf(record);
    after = page.next;
  } while (after !== undefined);
}

function retry(context: SharingContext, kind: Kind, id: string): Promise<AnyAggregate> {
  const again = <R extends AnyAggregate>(record: R): Decision<R> => {
    const now = context.system.now();
    const [head, ...rest] = record.outbox;
    if (head === undefined) return undefined;
    const giveUpAt = Math.max(head.giveUpAt, now + 1);
    return stamp(context, { ...record, outbox: [{ ...head, parked: false, notBefore: now, giveUpAt }, ...rest] });
  };
  switch (kind) {
    case "outgoing":
      return change(context.store.outgoing, id, again);
    case "incoming":
      return change(context.store.incoming, id, again);
    case "invite":
      return change(context.store.invites, id, again);
    case "contact":
      return change(context.store.contacts, id, again);
  }
}
