import { defineEntity, p } from "@mikro-orm/core";
import type {
  AccessState,
  EndedBy,
  Failure,
  IncomingShare,
  IncomingStatus,
  Permission,
  Sealed,
} from "../../ports/records.ts";
import { aggregateIndexes, aggregateProperties, type Fields } from "./aggregate.ts";

/** Its `id` is made of the sender's host and the providerId (`incomingShareId`), so the primary key alone makes the pair unique. */
export const IncomingShareEntity = defineEntity({
  name: "IncomingShare",
  tableName: "ocm_incoming",
  indexes: [
    ...aggregateIndexes("ocm_incoming"),
    { name: "ocm_incoming_user", properties: ["user", "status", "createdAt", "id"] },
    { name: "ocm_incoming_host", properties: ["senderHost", "status", "createdAt", "id"] },
    { name: "ocm_incoming_sender", properties: ["sender", "status"] },
  ],
  properties: {
    ...aggregateProperties(),
    user: p.string(),
    senderHost: p.string(),
    providerId: p.string(),
    shareWith: p.string(),
    sender: p.string(),
    owner: p.string(),
    senderDisplayName: p.string().nullable(),
    ownerDisplayName: p.string().nullable(),
    name: p.string(),
    description: p.string().nullable(),
    resourceType: p.string(),
    shareType: p.string(),
    permissions: p.json<Permission[]>(),
    requirements: p.json<string[]>(),
    uri: p.string().nullable(),
    form: p.string().$type<IncomingShare["form"]>(),
    dialect: p.string(),
    secret: p.json<Sealed>(),
    contentHash: p.string(),
    expiresAt: p.integer().nullable(),
    status: p.string().$type<IncomingStatus>(),
    endedBy: p.string().$type<EndedBy>().nullable(),
    endedAt: p.integer().nullable(),
    access: p.string().$type<AccessState>(),
    accessEvidence: p.json<Failure>().nullable(),
    warnings: p.json<string[]>(),
    lastKnown: p.json<NonNullable<IncomingShare["lastKnown"]>>().nullable(),
  } satisfies Fields<IncomingShare>,
});
