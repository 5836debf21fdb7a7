import type { DecisionName } from "../events.ts";
import type { AnyAggregate } from "../ports/records.ts";
import { expiredHere } from "./incoming.ts";
import { expiredInvite } from "./invites.ts";
import { expired } from "./outgoing.ts";
import { purgeTime } from "./schedule.ts";

/** What time alone has decided about a record: it ends, it is forgotten, or nothing. */
export type TimeDecision<R extends AnyAggregate> =
  | { kind: "change"; record: R; name: DecisionName }
  | { kind: "remove" }
  | undefined;

/** Expiry and retention; pure. `retention` in milliseconds. */
export function dueDecision(
  record: AnyAggregate,
  now: number,
  retention: number,
  requestId: string,
): TimeDecision<AnyAggregate> {
  const changed = expiry(record, now, requestId);
  if (changed !== undefined) return changed;
  const purge = purgeTime(record, retention);
  return purge !== null && purge <= now ? { kind: "remove" } : undefined;
}

function expiry(record: AnyAggregate, now: number, requestId: string): TimeDecision<AnyAggregate> {
  if (record.kind === "outgoing") return changed(expired(record, now, requestId), "share-expired");
  if (record.kind === "incoming") return changed(expiredHere(record, now, requestId), "received-share-expired");
  if (record.kind === "invite") return changed(expiredInvite(record, now), "invite-expired");
  return undefined;
}

function changed(record: AnyAggregate | undefined, name: DecisionName): TimeDecision<AnyAggregate> {
  return record === undefined ? undefined : { kind: "change", record, name };
}
