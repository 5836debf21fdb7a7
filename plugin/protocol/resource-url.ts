import { OcmError } from "./errors.ts";
import { type PeerProfile, webdavPrefix } from "./profile.ts";
import { isAbsoluteUri, resourceUriProblem } from "./resource-uri.ts";
import { withoutEndSlashes } from "./slashes.ts";

/**
 * Where a received webdav share, or something in it, is found (draft section 9, step 4): the absolute `uri` itself, or
 * `https://<sender host><prefix>/<uri>`, and a path inside of it.
 * @param profile the sender's
 * @param uri as received; null in the deprecated form, where the prefix is the resource
 * @param resourceType as received; a `folder` gets a slash at its end
 * @param relativePath names divided by `/`, not encoded, "" for the share itself; with a slash at the end for a folder in it
 * @throws OcmError peer-incompatible when the sender's part is of no use, path-invalid when ours is
 */
export function resourceUrl(
  profile: PeerProfile,
  uri: string | null,
  resourceType: string,
  relativePath: string,
): string {
  const root = rootUrl(profile, uri, resourceType);
  if (relativePath !== "") return `${withoutEndSlashes(root)}/${encodePath(relativePath)}`;
  return resourceType === "folder" ? `${withoutEndSlashes(root)}/` : root;
}

function rootUrl(profile: PeerProfile, uri: string | null, resourceType: string): string {
  if (uri !== null && isAbsoluteUri(uri)) return checked(profile, uri);
  const prefix = webdavPrefix(profile, resourceType);
  if (prefix === null) throw unusable(`${profile.host} names no path for webdav in its discovery document.`);
  if (resourceUriProblem(prefix) !== null) throw unusable(`The path for webdav of ${profile.host} cannot be used.`);
  const base = isAbsoluteUri(prefix) ? prefix : `${origin(profile)}${prefix.startsWith("/") ? "" : "/"}${prefix}`;
  if (uri === null) return checked(profile, base);
  const problem = resourceUriProblem(uri);
  if (problem !== null) throw unusable(`The address of the share cannot be used. ${problem}`);
  return checked(profile, `${withoutEndSlashes(base)}/${uri.replace(/^\//, "")}`);
}

/** Plain http is for peers whose whole API is plain http: laboratories. */
function checked(profile: PeerProfile, text: string): string {
  const problem = resourceUriProblem(text);
  const url = problem === null ? URL.parse(text) : null;
  if (url === null) throw unusable(`The address of the share cannot be used. ${problem ?? "It is no URL."}`);
  if (url.protocol !== "https:" && !isPlainHttp(profile))
    throw unusable("The address of the share is not an https URL.");
  return url.href;
}

function origin(profile: PeerProfile): string {
  return `${isPlainHttp(profile) ? "http" : "https"}://${profile.host}`;
}

function isPlainHttp(profile: PeerProfile): boolean {
  return profile.endPoint.startsWith("http:");
}

function encodePath(path: string): string {
  const names = path.split("/");
  // A slash at the end makes the last name empty, and only there it may be.
  const isFolder = names.at(-1) === "";
  const inner = isFolder ? names.slice(0, -1) : names;
  if (!path.isWellFormed() || inner.some((name) => name === "" || name === "." || name === "..")) {
    throw new OcmError("path-invalid", { message: "This path is not valid within a share." });
  }
  return inner.map(encodeURIComponent).join("/") + (isFolder ? "/" : "");
}

function unusable(message: string): OcmError {
  return new OcmError("peer-incompatible", { message });
}
