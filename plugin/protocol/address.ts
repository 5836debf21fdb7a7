import { OcmError } from "./errors.ts";

/** An OCM Address (draft section 2): the identifier is opaque and case-sensitive, the host canonical. */
export interface OcmAddress {
  identifier: string;
  /** Lower case, without the default port 443, IPv6 in brackets. */
  host: string;
}

const CONTROL = /\p{Cc}/u;

/**
 * Reads an OCM Address (draft section 2). The last `@` divides it, so the identifier may contain others. A scheme before the host
 * and a slash after it are tolerated, since deployed servers send them.
 * @throws OcmError invalid-fields
 */
export function parseAddress(text: string): OcmAddress {
  const at = text.lastIndexOf("@");
  const identifier = text.slice(0, Math.max(at, 0));
  if (identifier === "") throw invalid("An OCM Address has the form identifier@host.");
  if (CONTROL.test(identifier) || !identifier.isWellFormed()) {
    throw invalid("The identifier of an OCM Address must not contain control characters.");
  }
  return { identifier, host: canonicalHost(text.slice(at + 1)) };
}

/** Writes an OCM Address. */
export function formatAddress({ identifier, host }: OcmAddress): string {
  return `${identifier}@${host}`;
}

/**
 * The one way to write a `host[:port]`: lower case, no default port 443, no final dot, IPv6 compressed and in brackets, other
 * scripts as ASCII. A scheme and a final slash are taken off; a path, a user, a query and control characters are refused.
 * @throws OcmError invalid-fields
 */
export function canonicalHost(text: string): string {
  const host = hostOf(text);
  if (host === null) throw invalid("This is not a host name with an optional port.");
  return host;
}

/** Do two texts name the same host and port? False when one of them names none. */
export function sameHost(one: string, other: string): boolean {
  const host = hostOf(one);
  return host !== null && host === hostOf(other);
}

/** The identifier without the host that its own server has written after it, `x@host` or `x@https://host` (G-05). Once. */
export function stripOwnHost(identifier: string, host: string): string {
  const at = identifier.lastIndexOf("@");
  return at > 0 && sameHost(identifier.slice(at + 1), host) ? identifier.slice(0, at) : identifier;
}

/**
 * The identifiers that a peer may mean by one of ours, most likely first. Some servers repeat our host (`bob@host@host` for bob), and
 * some take it off where it belongs to the identifier (`bob@host` for `bob@host@host`).
 */
export function possibleIdentifiers(identifier: string, ownHost: string): string[] {
  return [...new Set([identifier, stripOwnHost(identifier, ownHost), `${identifier}@${ownHost}`])];
}

/**
 * A registered name in canonical form, without a port or with one below 60000; higher ones take the long way. Its last label begins with
 * a letter, so it is no IPv4 address.
 */
const CANONICAL_HOST = /^(?:[a-z0-9_-]+\.)*[a-z][a-z0-9_-]*(?::(?!443$)(?:[1-9]\d{0,3}|[1-5]\d{4}))?$/;
const NOT_IN_A_HOST = /[\s\\/?#@%\p{Cc}]/u;
const LONGEST_NAME = 253;
/** With a final dot and a port. Names in other scripts are shorter than their ASCII form, which takes quadratic time to make. */
const LONGEST_HOST = LONGEST_NAME + ".:65535".length;

function hostOf(text: string): string | null {
  const bare = text.includes("/") ? text.replace(/^https?:\/\//i, "").replace(/\/$/, "") : text;
  if (bare.length <= LONGEST_NAME && CANONICAL_HOST.test(bare)) return bare;
  if (bare.length > LONGEST_HOST || NOT_IN_A_HOST.test(bare) || bare.endsWith(":")) return null;
  const url = URL.parse(`https://${bare}/`);
  if (url === null || url.port === "0") return null;
  const name = url.hostname.replace(/\.$/, "");
  if (name === "" || name.length > LONGEST_NAME || /^\.|\.\.|\.$/.test(name)) return null;
  return url.port === "" ? name : `${name}:${url.port}`;
}

function invalid(message: string): OcmError {
  return new OcmError("invalid-fields", { message });
}
