import type { MongoIndex } from "./mongo-index.ts";

/** The further indexes of the second schema, by collection. */
export const MONGODB_2: Readonly<Record<string, readonly MongoIndex[]>> = {
  ocm_outgoing: [{ name: "ocm_outgoing_live", fields: ["status", "_id"] }],
  ocm_copy: [
    { name: "ocm_copy_due", fields: ["nextAt", "leaseUntil", "_id"], where: { nextAt: { $gte: 0 } } },
    { name: "ocm_copy_outbox", fields: ["createdAt", "_id"], where: { outboxTo: { $gte: "" } } },
    { name: "ocm_copy_outbox_to", fields: ["outboxTo", "createdAt", "_id"], where: { outboxTo: { $gte: "" } } },
    { name: "ocm_copy_user", fields: ["user", "status", "createdAt", "_id"] },
  ],
  ocm_note: [{ name: "ocm_note_path", fields: ["tree", "path"] }],
  ocm_mark: [{ name: "ocm_mark_path", fields: ["tree", "path"] }],
  ocm_password: [
    { name: "ocm_password_user", fields: ["user", "createdAt", "_id"] },
    { name: "ocm_password_hash", fields: ["hash"] },
  ],
};
