import type { Cause, DeliveryView } from "../api.ts";
import type { AnyAggregate } from "../ports/records.ts";
import type { Page } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import { SECOND } from "./aggregate.ts";
import type { SharingContext } from "./context.ts";

/** How long the creation of a share, or the acceptance of an invite, waits for the peer's verdict. */
const VERDICT_WAIT = 2 * SECOND;

/** The identifier of the request that caused a decision, or a new one where none did. */
export function requestIdOf(system: System, cause: Cause = {}): string {
  return cause.requestId ?? system.random("request-id", 15).toString("hex");
}

/** Waits until a record's next message has been tried, at most as long as a person waits without wondering. */
export async function awaitVerdict(context: SharingContext, record: AnyAggregate): Promise<void> {
  const enough = new AbortController();
  const tried = context.nudge(record.kind, record.id).finally(() => enough.abort());
  await Promise.race([tried, context.system.sleep(VERDICT_WAIT, enough.signal)]);
}

/** A page of records as a page of views. */
export function viewPage<R, V>(page: Page<R>, view: (record: R) => V): Page<V> {
  const items = page.items.map(view);
  return page.next === undefined ? { items } : { items, next: page.next };
}

/** What has not been acknowledged yet, without the effects on this server. */
export function deliveriesOf(record: AnyAggregate): DeliveryView[] {
  return record.outbox.map((entry) => ({
    record: record.id,
    kind: record.kind,
    seq: entry.seq,
    type: entry.type,
    detail: entry.detail,
    to: entry.to,
    attempts: entry.attempts,
    createdAt: entry.createdAt,
    nextAttemptAt: entry.parked ? null : entry.notBefore,
    parked: entry.parked,
    lastError: entry.lastError,
    requestId: entry.requestId,
  }));
}

/** The deliveries to a peer: what a person is shown. */
export function peerDeliveriesOf(record: AnyAggregate): DeliveryView[] {
  return deliveriesOf(record).filter((delivery) => delivery.to !== null);
}
