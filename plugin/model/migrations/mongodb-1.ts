import type { MongoIndex } from "./mongo-index.ts";

/**
 * The indexes of the first release, by collection. None is unique: a sharded cluster, whose shard key is `_id`, can enforce that
 * for `_id` alone.
 */
export const MONGODB_1: Readonly<Record<string, readonly MongoIndex[]>> = {
  ocm_outgoing: [
    { name: "ocm_outgoing_due", fields: ["nextAt", "leaseUntil", "_id"], where: { nextAt: { $gte: 0 } } },
    { name: "ocm_outgoing_outbox", fields: ["createdAt", "_id"], where: { outboxTo: { $gte: "" } } },
    { name: "ocm_outgoing_outbox_to", fields: ["outboxTo", "createdAt", "_id"], where: { outboxTo: { $gte: "" } } },
    { name: "ocm_outgoing_user", fields: ["user", "status", "createdAt", "_id"] },
    { name: "ocm_outgoing_path", fields: ["user", "path"] },
    { name: "ocm_outgoing_host", fields: ["host", "status", "createdAt", "_id"] },
    { name: "ocm_outgoing_secret", fields: ["secretHash"] },
  ],
  ocm_incoming: [
    { name: "ocm_incoming_due", fields: ["nextAt", "leaseUntil", "_id"], where: { nextAt: { $gte: 0 } } },
    { name: "ocm_incoming_outbox", fields: ["createdAt", "_id"], where: { outboxTo: { $gte: "" } } },
    { name: "ocm_incoming_outbox_to", fields: ["outboxTo", "createdAt", "_id"], where: { outboxTo: { $gte: "" } } },
    { name: "ocm_incoming_user", fields: ["user", "status", "createdAt", "_id"] },
    { name: "ocm_incoming_host", fields: ["senderHost", "status", "createdAt", "_id"] },
    { name: "ocm_incoming_sender", fields: ["sender", "status"] },
  ],
  ocm_invite: [
    { name: "ocm_invite_due", fields: ["nextAt", "leaseUntil", "_id"], where: { nextAt: { $gte: 0 } } },
    { name: "ocm_invite_outbox", fields: ["createdAt", "_id"], where: { outboxTo: { $gte: "" } } },
    { name: "ocm_invite_outbox_to", fields: ["outboxTo", "createdAt", "_id"], where: { outboxTo: { $gte: "" } } },
    { name: "ocm_invite_user", fields: ["user", "status", "createdAt", "_id"] },
    { name: "ocm_invite_token", fields: ["tokenHash"] },
  ],
  ocm_contact: [
    { name: "ocm_contact_due", fields: ["nextAt", "leaseUntil", "_id"], where: { nextAt: { $gte: 0 } } },
    { name: "ocm_contact_outbox", fields: ["createdAt", "_id"], where: { outboxTo: { $gte: "" } } },
    { name: "ocm_contact_outbox_to", fields: ["outboxTo", "createdAt", "_id"], where: { outboxTo: { $gte: "" } } },
    { name: "ocm_contact_user", fields: ["user", "createdAt", "_id"] },
    { name: "ocm_contact_person", fields: ["host", "identifier", "user"] },
    { name: "ocm_contact_token", fields: ["user", "tokenHash"] },
  ],
  ocm_counter: [{ name: "ocm_counter_until", fields: ["until"] }],
};
