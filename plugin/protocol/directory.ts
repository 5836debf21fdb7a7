import { canonicalHost } from "./address.ts";
import { displayText } from "./display-text.ts";
import { OcmError } from "./errors.ts";
import { isObject } from "./json.ts";

/** What a Directory Service says (draft appendix C), once its signature was checked. */
export interface DirectoryDocument {
  /** Name of the federation, for people. */
  federation: string;
  servers: DirectoryServer[];
  /** How many entries cannot be used, or are one too many. */
  leftOut: number;
}

export interface DirectoryServer {
  /** Canonical host[:port]. */
  host: string;
  /** For people; never "". */
  name: string;
  /** Listed with `http`, which is for tests. */
  insecure: boolean;
}

/** Of a longer list the rest is not looked at. */
const MOST_SERVERS = 2_000;
const LONGEST_NAME = 100;

/**
 * Reads the payload of a directory. Entries that break the rules for `url` (scheme, host and port, nothing else) or have no name are left
 * out, and of several for one host the first counts.
 * @throws OcmError peer-incompatible when it has no `federation` or no `servers`
 */
export function decodeDirectory(json: unknown): DirectoryDocument {
  if (!isObject(json) || typeof json.federation !== "string" || !Array.isArray(json.servers)) {
    throw new OcmError("peer-incompatible", {
      message: "It is no directory: it needs `federation`, a text, and `servers`, a list.",
    });
  }
  const servers = new Map<string, DirectoryServer>();
  for (const item of json.servers.slice(0, MOST_SERVERS)) {
    const server = serverOf(item);
    if (server !== null && !servers.has(server.host)) servers.set(server.host, server);
  }
  return {
    federation: displayText(json.federation, LONGEST_NAME),
    servers: [...servers.values()],
    leftOut: json.servers.length - servers.size,
  };
}

const SCHEME = /^(https?):\/\//i;

function serverOf(item: unknown): DirectoryServer | null {
  if (!isObject(item) || typeof item.url !== "string" || typeof item.displayName !== "string") return null;
  const scheme = SCHEME.exec(item.url)?.[1];
  const name = displayText(item.displayName, LONGEST_NAME);
  if (scheme === undefined || name === "") return null;
  try {
    return { host: canonicalHost(item.url), name, insecure: scheme.toLowerCase() === "http" };
  } catch {
    return null;
  }
}
