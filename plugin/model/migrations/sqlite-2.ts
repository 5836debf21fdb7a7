/**
 * The second schema: background copies, what WebDAV keeps about files and folders (locks, notes, marks), app passwords, and an index for
 * the live shares of everybody.
 */
export const SQLITE_2 = `
create index "ocm_outgoing_live" on "ocm_outgoing" ("status", "_id");

create table "ocm_copy" (
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
  "share" text not null,
  "direction" text not null,
  "remote_path" text not null,
  "local_path" text not null,
  "status" text not null,
  "reason" json null,
  "files_done" integer not null,
  "bytes_done" integer not null,
  "files_total" integer null,
  "bytes_total" integer null,
  "current" json null,
  "after" text null,
  "attempts" integer not null,
  "ended_at" integer null
);
create index "ocm_copy_due" on "ocm_copy" ("next_at", "lease_until", "_id") where "next_at" >= 0;
create index "ocm_copy_outbox" on "ocm_copy" ("created_at", "_id") where "outbox_to" >= '';
create index "ocm_copy_outbox_to" on "ocm_copy" ("outbox_to", "created_at", "_id") where "outbox_to" >= '';
create index "ocm_copy_user" on "ocm_copy" ("user", "status", "created_at", "_id");

create table "ocm_locks" (
  "_id" text not null primary key,
  "version" integer not null,
  "locks" json not null,
  "updated_at" integer not null
);

create table "ocm_note" (
  "_id" text not null primary key,
  "tree" text not null,
  "path" text not null,
  "version" integer not null,
  "properties" json not null,
  "checksum" json null,
  "updated_at" integer not null
);
create index "ocm_note_path" on "ocm_note" ("tree", "path");

create table "ocm_mark" (
  "_id" text not null primary key,
  "tree" text not null,
  "path" text not null,
  "version" integer not null,
  "digest" text null,
  "swept_at" integer null
);
create index "ocm_mark_path" on "ocm_mark" ("tree", "path");

create table "ocm_password" (
  "_id" text not null primary key,
  "user" text not null,
  "name" text not null,
  "hash" text not null,
  "created_at" integer not null,
  "last_used_at" integer null
);
create index "ocm_password_user" on "ocm_password" ("user", "created_at", "_id");
create index "ocm_password_hash" on "ocm_password" ("hash");
`;
