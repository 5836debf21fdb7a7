import { EventEmitter } from "node:events";

/** What can be listened to, for audit, metrics and tests. Payloads hold no secrets. */
export interface OcmEventMap {
  /** An endpoint answered: success (`code` null) or refusal. */
  request: [RequestEvent];
  /** A decision became durable, or was refused for a reason of sharing policy. */
  decision: [DecisionEvent];
  /** A peer, or a hook of the host, was tried. */
  delivery: [DeliveryEvent];
}

export interface RequestEvent {
  requestId: string;
  method: string;
  /** The row of the routes table, such as `/shares`. */
  route: string;
  status: number;
  code: string | null;
  /** Host of the peer or identifier of the local user, once known. */
  peer: string | null;
  user: string | null;
  /** Milliseconds from the first byte to the answer. */
  duration: number;
}

export type DecisionName =
  | "invite-created"
  | "invite-revoked"
  | "invite-redeemed"
  | "invite-expired"
  | "invite-accepting"
  | "invite-failed"
  | "contact-added"
  | "contact-removed"
  | "share-created"
  | "share-announced"
  | "share-rejected"
  | "share-accepted-by-recipient"
  | "share-declined-by-recipient"
  | "share-revoked"
  | "share-expired"
  | "share-moved"
  | "share-received"
  | "share-accepted"
  | "share-declined"
  | "share-left"
  | "share-ended-by-owner"
  | "received-share-expired"
  | "token-issued"
  | "token-refused"
  | "record-purged";

export interface DecisionEvent {
  name: DecisionName;
  /** Identifier of the record; for an outgoing share its providerId. */
  record: string;
  user: string;
  peer: string | null;
  requestId: string | null;
}

export interface DeliveryEvent {
  record: string;
  type: string;
  detail: string;
  to: string | null;
  attempt: number;
  outcome: "acknowledged" | "refused" | "will-retry" | "parked";
  code: string | null;
  status: number | null;
  requestId: string;
  duration: number;
}

/** Typed events of one plugin instance. */
export class OcmEvents extends EventEmitter<OcmEventMap> {}
