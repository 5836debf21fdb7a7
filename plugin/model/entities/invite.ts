import { defineEntity, p } from "@mikro-orm/core";
import type { Invite, InviteStatus } from "../../ports/records.ts";
import { aggregateIndexes, aggregateProperties, type Fields } from "./aggregate.ts";

export const InviteEntity = defineEntity({
  name: "Invite",
  tableName: "ocm_invite",
  indexes: [
    ...aggregateIndexes("ocm_invite"),
    { name: "ocm_invite_user", properties: ["user", "status", "createdAt", "id"] },
    // Not unique: a hash of 256 random bits is, and a sharded cluster could not enforce it.
    { name: "ocm_invite_token", properties: ["tokenHash"] },
  ],
  properties: {
    ...aggregateProperties(),
    user: p.string(),
    tokenHash: p.string(),
    note: p.string().nullable(),
    status: p.string().$type<InviteStatus>(),
    expiresAt: p.integer(),
    endedAt: p.integer().nullable(),
    acceptedBy: p.json<NonNullable<Invite["acceptedBy"]>>().nullable(),
  } satisfies Fields<Invite>,
});
