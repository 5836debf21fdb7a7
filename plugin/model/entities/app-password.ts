import { defineEntity, p } from "@mikro-orm/core";
import type { AppPassword } from "../../ports/records.ts";
import type { Fields } from "./aggregate.ts";

export const AppPasswordEntity = defineEntity({
  name: "AppPassword",
  tableName: "ocm_password",
  indexes: [
    { name: "ocm_password_user", properties: ["user", "createdAt", "id"] },
    // Not unique: a hash of a random password is, and a sharded cluster could not enforce it.
    { name: "ocm_password_hash", properties: ["hash"] },
  ],
  properties: {
    id: p.string().primary().fieldName("_id"),
    user: p.string(),
    name: p.string(),
    hash: p.string(),
    createdAt: p.integer(),
    lastUsedAt: p.integer().nullable(),
  } satisfies Fields<AppPassword>,
});
