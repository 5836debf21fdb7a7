import { canonicalHost } from "../protocol/address.ts";

/** An entry of `trust.allow`, `trust.deny` or `peers`. */
export interface HostPattern {
  /** As the operator wrote it. */
  text: string;
  /** Canonical name, without port. */
  name: string;
  /** Covers the subdomains of `name`, and not the name itself. */
  subdomains: boolean;
  /** "" is the default port of https, "*" any port. */
  port: string;
}

const FORM = /^(\*\.)?(\[[^\]]+\]|[^:*]+)(?::(\d+|\*))?$/;

/**
 * Reads `host`, `host:port`, `host:*` (any port) and `*.example.org` (every subdomain, with the same ports). A bare `*` is no
 * entry: there is no setting for the whole world.
 * @throws TypeError with a sentence for the operator
 */
export function parseHostPattern(text: string): HostPattern {
  const [, wildcard, name = "", port = ""] = FORM.exec(text.trim()) ?? [];
  let host: string;
  try {
    host = canonicalHost(port === "" || port === "*" ? name : `${name}:${port}`);
  } catch {
    throw new TypeError(`"${text}" names no peer. Write host, host:port, host:* or *.domain.`);
  }
  const parts = splitHost(host);
  if (wildcard !== undefined && !parts.name.includes(".")) {
    throw new TypeError(`"${text}" would cover a whole top-level domain. Name the domain of an organisation.`);
  }
  return { text, name: parts.name, subdomains: wildcard !== undefined, port: port === "*" ? "*" : parts.port };
}

/** Does this entry cover the canonical `host[:port]`? `anyPort` reads an entry without a port as covering every port. */
export function covers(pattern: HostPattern, host: string, anyPort = false): boolean {
  const { name, port } = splitHost(host);
  const named = pattern.subdomains ? name.endsWith(`.${pattern.name}`) : name === pattern.name;
  return named && (pattern.port === "*" || pattern.port === port || (anyPort && pattern.port === ""));
}

/** Sorts the most exact entry first: a full name before a wildcard, a longer wildcard before a shorter, a port before any. */
export function byExactness(one: HostPattern, other: HostPattern): number {
  const score = ({ name, subdomains, port }: HostPattern) =>
    (subdomains ? name.length : 1000) * 2 + (port === "*" ? 0 : 1);
  return score(other) - score(one);
}

/** Is this one of the names and addresses by which a machine calls itself? */
export function isLoopbackHost(host: string): boolean {
  const { name } = splitHost(host);
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(name);
}

function splitHost(host: string): { name: string; port: string } {
  const [, name = host, port = ""] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return { name, port };
}
