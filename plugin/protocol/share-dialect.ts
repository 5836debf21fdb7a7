import { isObject } from "./json.ts";

/** Whose habits a share is written in. */
export type Dialect = "ocm" | "nextcloud" | "owncloud" | "seafile" | "reva";

/** Tells the dialect of a share by traits of its body alone; "ocm" is what the draft says, or what has no such trait. */
export function dialectOf(body: Record<string, unknown>): Dialect {
  const protocol = isObject(body.protocol) ? body.protocol : {};
  if (protocol.name === "Seafile API") return "seafile";
  if (isText(body.sharedBy)) {
    if (!isText(body.sender)) return "nextcloud";
    if (body.expiration === 0) return "seafile";
  }
  if (isText(body.sender) && /@https?:\/\/[^@]*$/i.test(body.sender)) return "owncloud";
  const emptyOptions = isObject(protocol.options) && Object.keys(protocol.options).length === 0;
  return emptyOptions && isObject(protocol.webdav) ? "reva" : "ocm";
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
