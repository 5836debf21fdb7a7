import type { TrustOptions, WayfOptions } from "../options.ts";
import type { TrustPolicy } from "../ports/trust.ts";
import type { OfferedGroup, OfferedServer, WayfServers } from "../ports/wayf.ts";
import { canonicalHost } from "../protocol/address.ts";
import type { DirectoryDocument } from "../protocol/directory.ts";
import { displayText } from "../protocol/display-text.ts";
import { parseHostPattern } from "./host-pattern.ts";
import type { PeerSettings } from "./peer-settings.ts";

/** More servers than this are not offered; a longer list is of no use to a person. */
const MOST_OFFERED = 2_000;
const LONGEST_NAME = 100;

export interface WayfServersOptions {
  /** What the operator named: see `namedServers`. */
  named: readonly OfferedServer[];
  anyServer: boolean;
  trust: TrustPolicy;
  settings: PeerSettings;
  /** Canonical host[:port] of this server, which nobody needs to be sent to. */
  ownHost: string;
  /** The directories as they are now. */
  documents(): readonly DirectoryDocument[];
}

/**
 * The servers that the operator named in `wayf.servers`, and the peers that `trust.allow` names in full.
 * @throws TypeError when an entry names no server or has no name
 */
export function namedServers({ servers = {} }: WayfOptions, { allow = [] }: TrustOptions): OfferedServer[] {
  const named = new Map<string, OfferedServer>();
  for (const [text, given] of Object.entries(servers)) {
    const name = typeof given === "string" ? displayText(given, LONGEST_NAME) : "";
    if (name === "") throw new TypeError(`The server "${text}" in wayf.servers needs a name for people.`);
    const host = hostOf(text);
    named.set(host, { host, name });
  }
  for (const text of allow) {
    const { name, port, subdomains } = parseHostPattern(text);
    const host = port === "" ? name : `${name}:${port}`;
    if (!subdomains && port !== "*" && !named.has(host)) named.set(host, { host, name: host });
  }
  return [...named.values()];
}

function hostOf(text: string): string {
  try {
    return canonicalHost(text);
  } catch (cause) {
    throw new TypeError(`"${text}" in wayf.servers is no server. Write host or host:port.`, { cause });
  }
}

/**
 * The union of what the operator named and of all directories (INV-18, INV-20): each host once, and only those that `trust` permits
 * (PROV-06). What a directory lists with `http` is offered where the operator permits that for the peer (G-65).
 */
export function createWayfServers(options: WayfServersOptions): WayfServers {
  const { named, anyServer, trust, settings, ownHost, documents } = options;
  let from: readonly DirectoryDocument[] | undefined;
  let groups: readonly OfferedGroup[] = [];

  const union = (directories: readonly DirectoryDocument[]): OfferedGroup[] => {
    const taken = new Set([ownHost]);
    const collator = new Intl.Collator("en");
    const group = (title: string | null, servers: readonly OfferedServer[]): OfferedGroup => {
      const chosen: OfferedServer[] = [];
      for (const { host, name } of servers) {
        if (taken.size > MOST_OFFERED || taken.has(host) || trust.refuse(host) !== null) continue;
        taken.add(host);
        chosen.push({ host, name });
      }
      return { title, servers: chosen.sort((one, other) => collator.compare(one.name, other.name)) };
    };
    // What the operator named comes first, so that a directory cannot give it another name.
    const first = group(null, named);
    const ofDirectories = directories.map(({ federation, servers }) =>
      group(
        federation,
        servers.filter(({ host, insecure }) => !insecure || settings.of(host).allowInsecureHttp),
      ),
    );
    return [first, ...ofDirectories].filter(({ servers }) => servers.length > 0);
  };
  return {
    anyServer,
    offered() {
      const now = documents();
      const isSame = from?.length === now.length && now.every((document, at) => document === from?.[at]);
      if (!isSame) {
        from = now;
        groups = union(now);
      }
      return groups;
    },
  };
}
