import type { DecisionEvent } from "../events.ts";
import type { Sealer } from "../ports/crypto.ts";
import type { Host } from "../ports/host.ts";
import type { Logger } from "../ports/log.ts";
import type { PeerClient } from "../ports/peer-client.ts";
import type { AnyAggregate, Kind } from "../ports/records.ts";
import type { Store } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import type { TrustPolicy } from "../ports/trust.ts";
import type { SharingLimits } from "./limits.ts";
import { scheduled } from "./schedule.ts";

/** What the use cases are given. One per plugin instance. */
export interface SharingContext {
  store: Store;
  peers: PeerClient;
  trust: TrustPolicy;
  sealer: Sealer;
  system: System;
  host: Host;
  limits: SharingLimits;
  log: Logger;
  /** This server. */
  self: Self;
  /** Tells whoever listens that a decision is durable. */
  decided(event: DecisionEvent): void;
  /** Asks the worker to look at a record now; resolves when its next message has been tried, or nothing is due. */
  nudge(kind: Kind, id: string): Promise<void>;
}

export interface Self {
  /** Canonical host[:port] of the OCM Addresses here. */
  host: string;
  /** Absolute URL of the WebDAV resource of a share, without a slash at the end. */
  resourceUrl(providerId: string): string;
  /** Absolute URL of the WAYF page, without the token; null where there is none. */
  wayfPage: string | null;
}

/** The record as it has to be written now: see `scheduled`. */
export function stamp<R extends AnyAggregate>(context: SharingContext, record: R): R {
  return scheduled(record, context.system.now(), context.limits.retention);
}
