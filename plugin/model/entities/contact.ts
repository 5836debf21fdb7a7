import { defineEntity, p } from "@mikro-orm/core";
import type { Contact, ContactStatus, Failure, Sealed } from "../../ports/records.ts";
import { aggregateIndexes, aggregateProperties, type Fields } from "./aggregate.ts";

export const ContactEntity = defineEntity({
  name: "Contact",
  tableName: "ocm_contact",
  indexes: [
    ...aggregateIndexes("ocm_contact"),
    { name: "ocm_contact_user", properties: ["user", "createdAt", "id"] },
    { name: "ocm_contact_person", properties: ["host", "identifier", "user"] },
    { name: "ocm_contact_token", properties: ["user", "tokenHash"] },
  ],
  properties: {
    ...aggregateProperties(),
    user: p.string(),
    host: p.string(),
    identifier: p.string(),
    name: p.string(),
    email: p.string(),
    status: p.string().$type<ContactStatus>(),
    origin: p.string().$type<Contact["origin"]>(),
    token: p.json<Sealed>().nullable(),
    tokenHash: p.string().nullable(),
    reason: p.json<Failure>().nullable(),
    endedAt: p.integer().nullable(),
  } satisfies Fields<Contact>,
});
