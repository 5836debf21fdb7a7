import { defineEntity, p } from "@mikro-orm/core";
import type { Failure, OutgoingShare, OutgoingStatus, Permission, Sealed } from "../../ports/records.ts";
import { aggregateIndexes, aggregateProperties, type Fields } from "./aggregate.ts";

export const OutgoingShareEntity = defineEntity({
  name: "OutgoingShare",
  tableName: "ocm_outgoing",
  indexes: [
    ...aggregateIndexes("ocm_outgoing"),
    { name: "ocm_outgoing_user", properties: ["user", "status", "createdAt", "id"] },
    { name: "ocm_outgoing_path", properties: ["user", "path"] },
    { name: "ocm_outgoing_host", properties: ["host", "status", "createdAt", "id"] },
    { name: "ocm_outgoing_live_folder", properties: ["status", "id"], where: { resourceType: "folder" } },
    // Not unique: a hash of 256 random bits is, and a sharded cluster could not enforce it.
    { name: "ocm_outgoing_secret", properties: ["secretHash"] },
  ],
  properties: {
    ...aggregateProperties(),
    user: p.string(),
    path: p.string(),
    fileId: p.string().nullable(),
    name: p.string(),
    description: p.string().nullable(),
    resourceType: p.string().$type<OutgoingShare["resourceType"]>(),
    shareType: p.string().$type<OutgoingShare["shareType"]>(),
    shareWith: p.string(),
    host: p.string(),
    permissions: p.json<Permission[]>(),
    strict: p.boolean(),
    legacyBasic: p.boolean(),
    status: p.string().$type<OutgoingStatus>(),
    reason: p.json<Failure>().nullable(),
    secretHash: p.string(),
    secret: p.json<Sealed>().nullable(),
    epoch: p.integer(),
    recipientDisplayName: p.string().nullable(),
    expiresAt: p.integer().nullable(),
    endedAt: p.integer().nullable(),
    sent: p.boolean(),
  } satisfies Fields<OutgoingShare>,
});
