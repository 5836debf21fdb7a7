import type { TrustOptions } from "../options.ts";
import type { TrustPolicy } from "../ports/trust.ts";
import { covers, parseHostPattern } from "./host-pattern.ts";
import type { PeerSettings } from "./peer-settings.ts";

/**
 * Reads the option `trust` (draft section 5.1, DISC-06). What is forbidden is read widely and what is allowed narrowly: an entry of
 * `deny` without a port covers every port of that host, one of `allow` covers the default port alone, unless it ends in `:*`.
 * @throws TypeError when an entry names no host
 */
export function createTrust(options: TrustOptions = {}, settings: PeerSettings): TrustPolicy {
  const allow = options.allow?.map(parseHostPattern);
  const deny = (options.deny ?? []).map(parseHostPattern);
  const allowed = (host: string) => allow?.some((pattern) => covers(pattern, host)) ?? false;
  const signatures = options.signatures ?? "required";
  return {
    refuse(host) {
      const denied = deny.find((pattern) => covers(pattern, host, true));
      if (denied) return `This server does not federate with ${host}: it is denied by "${denied.text}".`;
      if (allow && !allowed(host))
        return `This server does not federate with ${host}: it is not on the list of allowed peers.`;
      return null;
    },
    isKnown(host) {
      const setting = settings.of(host);
      return setting.entry === null ? allowed(host) : setting.known;
    },
    mustInvite: options.mustInvite ?? false,
    mustExchangeToken: options.mustExchangeToken ?? false,
    signatures,
    signaturesOf: (host) => settings.of(host).signatures ?? signatures,
  };
}
