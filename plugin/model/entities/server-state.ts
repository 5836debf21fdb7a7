import { defineEntity, p } from "@mikro-orm/core";
import type { Failure, JsonObject, KeyRecord, KeyUse, PeerRecord } from "../../ports/records.ts";
import type { Fields } from "./aggregate.ts";

/** What is remembered of another server, by its canonical host. */
export const PeerEntity = defineEntity({
  name: "Peer",
  tableName: "ocm_peer",
  properties: {
    host: p.string().primary().fieldName("_id"),
    discovery: p.json<JsonObject>().nullable(),
    jwks: p.json<JsonObject>().nullable(),
    fetchedAt: p.integer().nullable(),
    failures: p.integer(),
    unreachableSince: p.integer().nullable(),
    lastError: p.json<Failure>().nullable(),
    lastSeenAt: p.integer().nullable(),
    updatedAt: p.integer(),
  } satisfies Fields<PeerRecord>,
});

export const KeyEntity = defineEntity({
  name: "Key",
  tableName: "ocm_key",
  properties: {
    id: p.string().primary().fieldName("_id"),
    use: p.string().$type<KeyUse>(),
    createdAt: p.integer(),
    activeAt: p.integer(),
    retiredAt: p.integer().nullable(),
    goneAt: p.integer().nullable(),
    material: p.string(),
    wrappedBy: p.string().nullable(),
  } satisfies Fields<KeyRecord>,
});

/** A named lock with a time limit. */
export interface Lease {
  name: string;
  owner: string;
  until: number;
}

export const LeaseEntity = defineEntity({
  name: "Lease",
  tableName: "ocm_lease",
  properties: {
    name: p.string().primary().fieldName("_id"),
    owner: p.string(),
    until: p.integer(),
  } satisfies Fields<Lease>,
});

/** A count that starts again at `until`. */
export interface Counter {
  key: string;
  count: number;
  until: number;
}

export const CounterEntity = defineEntity({
  name: "Counter",
  tableName: "ocm_counter",
  indexes: [{ name: "ocm_counter_until", properties: ["until"] }],
  properties: {
    key: p.string().primary().fieldName("_id"),
    count: p.integer(),
    until: p.integer(),
  } satisfies Fields<Counter>,
});

/** A value that was fixed once and for all. Two are the store's own: `origin` and `schema`. */
export interface Fixed {
  name: string;
  value: JsonObject;
}

export const FixedEntity = defineEntity({
  name: "Fixed",
  tableName: "ocm_fixed",
  properties: {
    name: p.string().primary().fieldName("_id"),
    value: p.json<JsonObject>(),
  } satisfies Fields<Fixed>,
});
