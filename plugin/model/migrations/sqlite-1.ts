/** The schema of the first release. Steps that were released never change: a later schema is a further step. */
export const SQLITE_1 = `
create table "ocm_outgoing" (
  "_id" text not null primary key,
  "version" integer not null,
  "created_at" integer not null,
  "updated_at" integer not null,
  "outbox" json not null,
  "next_at" integer null,
  "lease_by" text null,
  "lease_until" integer null,
  "outbox_to" text null,
  "user" text not null,
  "path" text not null,
  "file_id" text null,
  "name" text not null,
  "description" text null,
  "resource_type" text not null,
  "share_type" text not null,
  "share_with" text not null,
  "host" text not null,
  "permissions" json not null,
  "strict" integer not null,
  "legacy_basic" integer not null,
  "status" text not null,
  "reason" json null,
  "secret_hash" text not null,
  "secret" json null,
  "epoch" integer not null,
  "recipient_display_name" text null,
  "expires_at" integer null,
  "ended_at" integer null,
  "sent" integer not null
);
create index "ocm_outgoing_due" on "ocm_outgoing" ("next_at", "lease_until", "_id") where "next_at" >= 0;
create index "ocm_outgoing_outbox" on "ocm_outgoing" ("created_at", "_id") where "outbox_to" >= '';
create index "ocm_outgoing_outbox_to" on "ocm_outgoing" ("outbox_to", "created_at", "_id") where "outbox_to" >= '';
create index "ocm_outgoing_user" on "ocm_outgoing" ("user", "status", "created_at", "_id");
create index "ocm_outgoing_path" on "ocm_outgoing" ("user", "path");
create index "ocm_outgoing_host" on "ocm_outgoing" ("host", "status", "created_at", "_id");
create index "ocm_outgoing_secret" on "ocm_outgoing" ("secret_hash");

create table "ocm_incoming" (
  "_id" text not null primary key,
  "version" integer not null,
  "created_at" integer not null,
  "updated_at" integer not null,
  "outbox" json not null,
  "next_at" integer null,
  "lease_by" text null,
  "lease_until" integer null,
  "outbox_to" text null,
  "user" text not null,
  "sender_host" text not null,
  "provider_id" text not null,
  "share_with" text not null,
  "sender" text not null,
  "owner" text not null,
  "sender_display_name" text null,
  "owner_display_name" text null,
  "name" text not null,
  "description" text null,
  "resource_type" text not null,
  "share_type" text not null,
  "permissions" json not null,
  "requirements" json not null,
  "uri" text null,
  "form" text not null,
  "dialect" text not null,
  "secret" json not null,
  "content_hash" text not null,
  "expires_at" integer null,
  "status" text not null,
  "ended_by" text null,
  "ended_at" integer null,
  "access" text not null,
  "access_evidence" json null,
  "warnings" json not null,
  "last_known" json null
);
create index "ocm_incoming_due" on "ocm_incoming" ("next_at", "lease_until", "_id") where "next_at" >= 0;
create index "ocm_incoming_outbox" on "ocm_incoming" ("created_at", "_id") where "outbox_to" >= '';
create index "ocm_incoming_outbox_to" on "ocm_incoming" ("outbox_to", "created_at", "_id") where "outbox_to" >= '';
create index "ocm_incoming_user" on "ocm_incoming" ("user", "status", "created_at", "_id");
create index "ocm_incoming_host" on "ocm_incoming" ("sender_host", "status", "created_at", "_id");
create index "ocm_incoming_sender" on "ocm_incoming" ("sender", "status");

create table "ocm_invite" (
  "_id" text not null primary key,
  "version" integer not null,
  "created_at" integer not null,
  "updated_at" integer not null,
  "outbox" json not null,
  "next_at" integer null,
  "lease_by" text null,
  "lease_until" integer null,
  "outbox_to" text null,
  "user" text not null,
  "token_hash" text not null,
  "note" text null,
  "status" text not null,
  "expires_at" integer not null,
  "ended_at" integer null,
  "accepted_by" json null
);
create index "ocm_invite_due" on "ocm_invite" ("next_at", "lease_until", "_id") where "next_at" >= 0;
create index "ocm_invite_outbox" on "ocm_invite" ("created_at", "_id") where "outbox_to" >= '';
create index "ocm_invite_outbox_to" on "ocm_invite" ("outbox_to", "created_at", "_id") where "outbox_to" >= '';
create index "ocm_invite_user" on "ocm_invite" ("user", "status", "created_at", "_id");
create index "ocm_invite_token" on "ocm_invite" ("token_hash");

create table "ocm_contact" (
  "_id" text not null primary key,
  "version" integer not null,
  "created_at" integer not null,
  "updated_at" integer not null,
  "outbox" json not null,
  "next_at" integer null,
  "lease_by" text null,
  "lease_until" integer null,
  "outbox_to" text null,
  "user" text not null,
  "host" text not null,
  "identifier" text not null,
  "name" text not null,
  "email" text not null,
  "status" text not null,
  "origin" text not null,
  "token" json null,
  "token_hash" text null,
  "reason" json null,
  "ended_at" integer null
);
create index "ocm_contact_due" on "ocm_contact" ("next_at", "lease_until", "_id") where "next_at" >= 0;
create index "ocm_contact_outbox" on "ocm_contact" ("created_at", "_id") where "outbox_to" >= '';
create index "ocm_contact_outbox_to" on "ocm_contact" ("outbox_to", "created_at", "_id") where "outbox_to" >= '';
create index "ocm_contact_user" on "ocm_contact" ("user", "created_at", "_id");
create index "ocm_contact_person" on "ocm_contact" ("host", "identifier", "user");
create index "ocm_contact_token" on "ocm_contact" ("user", "token_hash");

create table "ocm_peer" (
  "_id" text not null primary key,
  "discovery" json null,
  "jwks" json null,
  "fetched_at" integer null,
  "failures" integer not null,
  "unreachable_since" integer null,
  "last_error" json null,
  "last_seen_at" integer null,
  "updated_at" integer not null
);

create table "ocm_key" (
  "_id" text not null primary key,
  "use" text not null,
  "created_at" integer not null,
  "active_at" integer not null,
  "retired_at" integer null,
  "gone_at" integer null,
  "material" text not null,
  "wrapped_by" text null
);

create table "ocm_lease" (
  "_id" text not null primary key,
  "owner" text not null,
  "until" integer not null
);

create table "ocm_counter" (
  "_id" text not null primary key,
  "count" integer not null,
  "until" integer not null
);
create index "ocm_counter_until" on "ocm_counter" ("until");

create table "ocm_fixed" (
  "_id" text not null primary key,
  "value" json not null
);
`;
