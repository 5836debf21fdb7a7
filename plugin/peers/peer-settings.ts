import { X509Certificate } from "node:crypto";
import type { PeerOptions } from "../options.ts";
import { byExactness, covers, type HostPattern, parseHostPattern } from "./host-pattern.ts";

/** What the operator set for single peers. */
export interface PeerSettings {
  /** The most exact entry for a host, or the defaults, which are the same object for every peer without an entry. */
  of(host: string): PeerSetting;
}

export interface PeerSetting {
  /** The entry as the operator wrote it; null: this peer has none. */
  entry: string | null;
  /** PEM certificates trusted for this peer in addition. */
  ca: string | undefined;
  allowInsecureHttp: boolean;
  allowPrivateAddresses: boolean;
  /** Its shares carry no warning. */
  known: boolean;
  signatures: PeerOptions["signatures"];
}

const DEFAULTS: PeerSetting = {
  entry: null,
  ca: undefined,
  allowInsecureHttp: false,
  allowPrivateAddresses: false,
  known: false,
  signatures: undefined,
};

/**
 * Reads the option `peers`. An entry without a port is for the default port of https; `host:*` is for every port.
 * @throws TypeError when an entry names no peer or its `ca` is no certificate
 */
export function createPeerSettings(peers: Record<string, PeerOptions> = {}): PeerSettings {
  const entries = Object.entries(peers)
    .map(([text, options]) => ({ pattern: parseHostPattern(text), setting: readSetting(text, options) }))
    .sort((one, other) => byExactness(one.pattern, other.pattern));
  return {
    of: (host) => find(entries, host)?.setting ?? DEFAULTS,
  };
}

function find<T extends { pattern: HostPattern }>(entries: T[], host: string): T | undefined {
  return entries.find(({ pattern }) => covers(pattern, host));
}

function readSetting(entry: string, options: PeerOptions): PeerSetting {
  if (options.ca !== undefined) checkCertificate(entry, options.ca);
  return {
    entry,
    ca: options.ca,
    allowInsecureHttp: options.allowInsecureHttp ?? false,
    allowPrivateAddresses: options.allowPrivateAddresses ?? false,
    known: options.known ?? true,
    signatures: options.signatures,
  };
}

function checkCertificate(entry: string, ca: string): void {
  try {
    new X509Certificate(ca);
  } catch (cause) {
    throw new TypeError(`The ca of peer "${entry}" is not a certificate in PEM form.`, { cause });
  }
}
