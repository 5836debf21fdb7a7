import type { HostEntry } from "../../ports/host.ts";
import type { Permission } from "../../ports/records.ts";
import { escapeXml } from "../xml.ts";
import { mediaType } from "./media-type.ts";
import { entityTag, httpDate } from "./preconditions.ts";
import type { DavShare } from "./request.ts";

/** Namespaces and the prefixes that our answers bind them to, once, at the root element. */
export const NAMESPACES = {
  d: "DAV:",
  oc: "http://owncloud.org/ns",
  ocs: "http://open-collaboration-services.org/ns",
} as const;

/** One resource of an answer. */
export interface Resource {
  entry: HostEntry;
  /** For people: the name of the share for its root, else that of the file or folder. */
  displayName: string;
}

/** A live property: `value` is its content as XML, "" for an empty element, null where the resource does not have it. */
export interface Property {
  prefix: keyof typeof NAMESPACES;
  name: string;
  value(resource: Resource, share: DavShare): string | null;
}

/**
 * Every live property that a share's resources can have. Only what is known is told: a folder has no length, a creation date is
 * nowhere. The oc and ocs ones are what receiving servers ask for (permission letters and bits of the share, size, identifier).
 */
export const PROPERTIES: readonly Property[] = [
  {
    prefix: "d",
    name: "resourcetype",
    value: ({ entry }) => (entry.type === "folder" ? "<d:collection/>" : ""),
  },
  { prefix: "d", name: "displayname", value: ({ displayName }) => escapeXml(displayName) },
  { prefix: "d", name: "getlastmodified", value: ({ entry }) => httpDate(entry.modifiedAt) },
  { prefix: "d", name: "getetag", value: ({ entry }) => escapeXml(entityTag(entry)) },
  { prefix: "d", name: "getcontentlength", value: fileOnly((entry) => String(entry.size)) },
  { prefix: "d", name: "getcontenttype", value: fileOnly((entry) => mediaType(entry.name)) },
  { prefix: "oc", name: "id", value: ({ entry }) => (entry.id === undefined ? null : escapeXml(entry.id)) },
  { prefix: "oc", name: "fileid", value: ({ entry }) => (entry.id === undefined ? null : escapeXml(entry.id)) },
  { prefix: "oc", name: "size", value: fileOnly((entry) => String(entry.size)) },
  { prefix: "oc", name: "permissions", value: ({ entry }, share) => permissionLetters(share.permissions, entry.type) },
  {
    prefix: "ocs",
    name: "share-permissions",
    value: ({ entry }, share) => String(permissionBits(share.permissions, entry.type)),
  },
];

function fileOnly(value: (entry: HostEntry) => string): Property["value"] {
  return ({ entry }) => (entry.type === "file" ? value(entry) : null);
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
