/** Boundaries that the semantic conventions advise for durations of HTTP, in seconds. */
export const HTTP_DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Methods of RFC 9110, RFC 5789 and RFC 4918. */
const METHODS = new Set(
  "CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH UNLOCK".split(" "),
);

/** The method, or what the conventions have for one that anybody could have made up. */
export function methodOf(method: string): string {
  return METHODS.has(method) ? method : "_OTHER";
}

/** `{method} {route}`, or the method alone where there is no route. */
export function spanName(method: string, route: string | undefined): string {
  const known = methodOf(method);
  const verb = known === "_OTHER" ? "HTTP" : known;
  return route === undefined || route === "" ? verb : `${verb} ${route}`;
}

/** The path of a request with REDACTED for all that a route leaves open: identifiers of shares, paths of files. */
export function redactedPath(route: string): string {
  return route.replaceAll(/[:*][A-Za-z]\w*/g, "REDACTED");
}

/** Host and port of a URL or of a host[:port]. */
export function addressOf(scheme: string, host: string): { "server.address": string; "server.port": number } {
  const { hostname, port } = new URL(`${scheme}://${host}`);
  return {
    "server.address": hostname.replace(/^\[(.*)\]$/, "$1"),
    "server.port": port === "" ? (scheme === "https" ? 443 : 80) : Number(port),
  };
}

/** Short names of what went wrong, of which there are few: codes of this plugin's errors, or the name of an error of a module of Node's. */
export function errorType(error: unknown): string {
  if (typeof error !== "object" || error === null) return "_OTHER";
  for (const key of ["failure", "code"] as const) {
    const value: unknown = Reflect.get(error, key);
    if (typeof value === "string" && /^[a-z][a-z-]{0,40}$/i.test(value)) return value;
  }
  return "_OTHER";
}
