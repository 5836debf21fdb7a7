import type { AnyAggregate, OutboxType } from "../ports/records.ts";
import type { Collection, Store } from "../ports/store.ts";
import type { Backlog } from "../ports/telemetry.ts";

/** Records of each kind that are looked at: one page, so that a long backlog costs no more than this. */
const MOST = 1000;
const TYPES: readonly OutboxType[] = ["share", "notification", "invite-accepted", "contact", "hook"];

/**
 * How many entries of outboxes wait or are parked, for each type. At most 1000 records of each kind are looked at, oldest first.
 * @throws what the store throws
 */
export async function countBacklog(store: Store): Promise<Backlog[]> {
  const collections: Pick<Collection<AnyAggregate>, "withOutbox">[] = [
    store.outgoing,
    store.incoming,
    store.invites,
    store.contacts,
  ];
  // A gauge that is not told of a zero goes on to show what it was told last.
  const counts = TYPES.map((type) => ({ type, waiting: 0, parked: 0 }));
  for (const collection of collections) {
    const { items } = await collection.withOutbox({ limit: MOST });
    for (const { type, parked } of items.flatMap((record) => record.outbox)) {
      const count = counts[TYPES.indexOf(type)];
      if (count !== undefined) count[parked ? "parked" : "waiting"] += 1;
    }
  }
  return counts.flatMap(({ type, waiting, parked }) => [
    { type, state: "waiting", count: waiting },
    { type, state: "parked", count: parked },
  ]);
}
