/** A dot segment, plain or encoded, also where a careless server would decode a slash beside it. */
const DOT_SEGMENT = /(?:^|\/|%2f|%5c)(?:\.|%2e){1,2}(?:$|\/|%2f|%5c)/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** Does this URI name a scheme, so that it stands for itself? */
export function isAbsoluteUri(uri: string): boolean {
  return SCHEME.test(uri);
}

/**
 * What forbids the use of a `protocol.webdav.uri`, or of the path prefix in discovery, as the root of a resource (G-37, G-38).
 * @returns a sentence, or null
 */
export function resourceUriProblem(uri: string): string | null {
  if (uri === "") return "It is empty.";
  // A URL parser takes spaces off the ends, and so makes a dot segment of what was none.
  if (/[\\?#\p{Cc}]|^ | $/u.test(uri) || !uri.isWellFormed()) return "It has a character that must not be in it.";
  if (uri.startsWith("//")) return "It names another host.";
  if (isAbsoluteUri(uri)) {
    const url = /^https?:\/\/[^/]/i.test(uri) ? URL.parse(uri) : null;
    if (url === null) return "It is neither relative nor an https URL.";
    if (url.username !== "" || url.password !== "") return "It has a user name in it.";
  }
  if (DOT_SEGMENT.test(uri)) return "It leads out of its folder.";
  return null;
}
