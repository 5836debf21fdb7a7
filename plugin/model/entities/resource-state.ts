import { hash } from "node:crypto";
import { defineEntity, p } from "@mikro-orm/core";
import type { DeadProperty, FolderMark, Lock, LockSet, ResourceNote, TreeName } from "../../ports/records.ts";
import type { Fields } from "./aggregate.ts";

/** Where something is: in which tree, and at which path of it. */
export interface Place {
  tree: TreeName;
  path: string;
}

/** Stored beside what is kept about a place. Hidden: never part of a record. */
export interface PlaceKey {
  id: string;
}

/**
 * The key of a place. It follows from tree and path, so the primary key alone makes the pair unique, on a sharded cluster too.
 */
export function placeKey({ tree, path }: Place): PlaceKey {
  return { id: hash("sha256", JSON.stringify([tree, path]), "hex") };
}

function placeProperties() {
  return { id: p.string().primary().fieldName("_id").hidden(), tree: p.string(), path: p.string() } satisfies Fields<
    Place & PlaceKey
  >;
}

/** All locks of one tree. */
export const LockSetEntity = defineEntity({
  name: "LockSet",
  tableName: "ocm_locks",
  properties: {
    tree: p.string().primary().fieldName("_id"),
    version: p.integer(),
    locks: p.json<Lock[]>(),
    updatedAt: p.integer(),
  } satisfies Fields<LockSet>,
});

export const ResourceNoteEntity = defineEntity({
  name: "ResourceNote",
  tableName: "ocm_note",
  // Not unique: the key is. It finds what is at many paths at once, and below one.
  indexes: [{ name: "ocm_note_path", properties: ["tree", "path"] }],
  properties: {
    ...placeProperties(),
    version: p.integer(),
    properties: p.json<DeadProperty[]>(),
    checksum: p.json<NonNullable<ResourceNote["checksum"]>>().nullable(),
    updatedAt: p.integer(),
  } satisfies Fields<ResourceNote & PlaceKey>,
});

export const FolderMarkEntity = defineEntity({
  name: "FolderMark",
  tableName: "ocm_mark",
  indexes: [{ name: "ocm_mark_path", properties: ["tree", "path"] }],
  properties: {
    ...placeProperties(),
    version: p.integer(),
    digest: p.string().nullable(),
    sweptAt: p.integer().nullable(),
  } satisfies Fields<FolderMark & PlaceKey>,
});
