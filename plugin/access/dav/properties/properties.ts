import type { HostEntry, HostQuota } from "../../../ports/host.ts";
import type { LockSet, Permission, ResourceNote } from "../../../ports/records.ts";
import { escapeXml } from "../../xml.ts";
import { httpDate } from "../http-date.ts";
import { lockDiscovery, SUPPORTED_LOCK } from "../locks/locks.ts";
import { entityTag } from "../preconditions.ts";
import type { DavDeps, DavShare } from "../request.ts";

/** Namespaces and the prefixes that our answers bind them to, once, at the root element. */
export const NAMESPACES = {
  d: "DAV:",
  oc: "http://owncloud.org/ns",
  ocs: "http://open-collaboration-services.org/ns",
} as const;

/** One resource of an answer. */
export interface Resource {
  /** Its entity tag covers what is below it. */
  entry: HostEntry;
  /** Path in the tree. */
  path: string;
  /** For people: the name of the share for its root, else that of the file or folder. */
  displayName: string;
  /** What is kept about it, where that was asked for and there is something. */
  note: ResourceNote | undefined;
}

/** What the properties of all resources of one answer have in common. Undefined: not asked for, or there is none. */
export interface PropertyContext {
  deps: DavDeps;
  locks: LockSet | undefined;
  quota: HostQuota | undefined;
  mediaTypeOf(name: string): string;
}

/** What has to be read before a property can be told. */
export type PropertySource = "entity-tag" | "locks" | "quota" | "note";

/** A live property: `value` is its content as XML, "" for an empty element, null where the resource does not have it. */
export interface Property {
  prefix: keyof typeof NAMESPACES;
  name: string;
  source?: PropertySource;
  /** Told only to those who name it, not to `allprop`. */
  namedOnly?: boolean;
  /** Folders do not have it. */
  ofFiles?: boolean;
  /** Every resource that can have it has it, and it is never empty: so its tags can be printed beforehand. */
  always?: boolean;
  /** The same for all files of one answer, and the same for all folders: only the type of the entry is looked at. */
  ofType?: boolean;
  value(resource: Resource, context: PropertyContext): string | null;
}

/**
 * Every live property that a share's resources can have. Only what is known is told: a folder has no length, a creation date is
 * nowhere. The oc and ocs ones are what receiving servers ask for (permission letters and bits of the share, size, identifier,
 * checksums). Quota is not for `allprop` (RFC 4331 section 3).
 */
export const PROPERTIES: readonly Property[] = [
  {
    prefix: "d",
    name: "resourcetype",
    ofType: true,
    value: ({ entry }) => (entry.type === "folder" ? "<d:collection/>" : ""),
  },
  { prefix: "d", name: "displayname", value: ({ displayName }) => escapeXml(displayName) },
  { prefix: "d", name: "getlastmodified", always: true, value: ({ entry }) => httpDate(entry.modifiedAt) },
  { prefix: "d", name: "getetag", source: "entity-tag", always: true, value: ({ entry }) => etagText(entry) },
  { prefix: "d", name: "getcontentlength", ofFiles: true, always: true, value: ({ entry }) => String(entry.size) },
  {
    prefix: "d",
    name: "getcontenttype",
    ofFiles: true,
    always: true,
    value: ({ entry }, { mediaTypeOf }) => mediaTypeOf(entry.name),
  },
  {
    prefix: "d",
    name: "supportedlock",
    ofType: true,
    value: (_resource, { deps }) => (isLockable(deps.share) ? SUPPORTED_LOCK : ""),
  },
  {
    prefix: "d",
    name: "lockdiscovery",
    source: "locks",
    value: ({ path }, { deps, locks }) =>
      locks === undefined || locks.locks.length === 0 ? "" : lockDiscovery(deps, path, locks),
  },
  { prefix: "d", name: "quota-available-bytes", ...quotaOnly((quota) => quota.available) },
  { prefix: "d", name: "quota-used-bytes", ...quotaOnly((quota) => quota.used) },
  { prefix: "oc", name: "id", value: ({ entry }) => (entry.id === undefined ? null : escapeXml(entry.id)) },
  { prefix: "oc", name: "fileid", value: ({ entry }) => (entry.id === undefined ? null : escapeXml(entry.id)) },
  { prefix: "oc", name: "size", ofFiles: true, always: true, value: ({ entry }) => String(entry.size) },
  { prefix: "oc", name: "checksums", source: "note", ofFiles: true, value: checksums },
  {
    prefix: "oc",
    name: "permissions",
    ofType: true,
    value: ({ entry }, { deps }) => permissionLetters(deps.share.permissions, entry.type),
  },
  {
    prefix: "ocs",
    name: "share-permissions",
    ofType: true,
    value: ({ entry }, { deps }) => String(permissionBits(deps.share.permissions, entry.type)),
  },
];

/** Locks are for those who may change what they lock. */
function isLockable(share: Pick<DavShare, "permissions">): boolean {
  return share.permissions.includes("read") && share.permissions.includes("write");
}

/** The value of the field DAV: the classes of RFC 4918 section 18 that a share's resources comply with. */
export function davClass(share: Pick<DavShare, "permissions">): string {
  return isLockable(share) ? "1, 2" : "1";
}

/** What most entity tags are: nothing in it has to be looked at. */
const PLAIN_ETAG = /^[\w.+:=/-]*$/;

/** Quotation marks need no escape here, and some clients do not undo one. */
function etagText(entry: HostEntry): string {
  if (PLAIN_ETAG.test(entry.etag)) return `"${entry.etag}"`;
  return `"${escapeXml(entityTag(entry).slice(1, -1))}"`;
}

function quotaOnly(
  value: (quota: HostQuota) => number | undefined,
): Pick<Property, "source" | "namedOnly" | "ofType" | "value"> {
  return {
    source: "quota",
    namedOnly: true,
    ofType: true,
    value(_resource, { quota }) {
      const bytes = quota === undefined ? undefined : value(quota);
      return bytes === undefined || !Number.isFinite(bytes) ? null : String(Math.max(0, Math.floor(bytes)));
    },
  };
}

/** Told as long as the content is the one that it was computed of. */
function checksums({ entry, note }: Resource): string | null {
  const checksum = note?.checksum;
  if (checksum == null || checksum.etag !== entry.etag) return null;
  return `<oc:checksum>${escapeXml(checksum.value)}</oc:checksum>`;
}

/** R may be shared on, D deleted, N renamed, V moved, W written, CK takes new files and folders. */
function permissionLetters(permissions: readonly Permission[], type: HostEntry["type"]): string {
  const share = permissions.includes("share") ? "R" : "";
  if (!permissions.includes("write")) return share;
  return `${share}DNV${type === "folder" ? "CK" : "W"}`;
}

/** 1 read, 2 update, 4 create, 8 delete, 16 share: the same statement as the letters, because peers compare the two. */
function permissionBits(permissions: readonly Permission[], type: HostEntry["type"]): number {
  const read = permissions.includes("read") ? 1 : 0;
  const share = permissions.includes("share") ? 16 : 0;
  const write = permissions.includes("write") ? (type === "folder" ? 14 : 10) : 0;
  return read + write + share;
}
