import type { DecisionName } from "../events.ts";
import type { AnyAggregate } from "../ports/records.ts";
import type { Collection } from "../ports/store.ts";
import { change, type Decision } from "./aggregate.ts";
import { type SharingContext, stamp } from "./context.ts";

/**
 * One use case: a decision about one stored record, written conditionally; then whoever listens is told, and the worker looks at what
 * must follow. A decision of undefined changes nothing and tells nobody.
 * @param of the record's identifier, or the record as it has just been read
 * @throws OcmError not-found, and whatever the decision throws
 */
export async function decideOn<R extends AnyAggregate>(
  context: SharingContext,
  collection: Collection<R>,
  of: string | R,
  { name, requestId }: { name: DecisionName; requestId: string },
  decision: (record: R, now: number) => Decision<R>,
): Promise<R> {
  const known = typeof of === "string" ? undefined : of;
  const id = typeof of === "string" ? of : of.id;
  let decided = false;
  const decide = (found: R) => {
    const next = decision(found, context.system.now());
    decided = next !== undefined;
    return next === undefined ? undefined : stamp(context, next);
  };
  const record = await change(collection, id, decide, known);
  if (decided) {
    context.decided({ name, record: id, user: record.user, peer: peerOf(record), requestId });
    if (record.nextAt !== null && record.nextAt <= context.system.now()) void context.nudge(record.kind, id);
  }
  return record;
}

/** Canonical host of the other side of a record, where there is one. */
export function peerOf(record: AnyAggregate): string | null {
  switch (record.kind) {
    case "incoming":
      return record.senderHost;
    case "invite":
      return record.acceptedBy?.host ?? null;
    default:
      return record.host;
  }
}
