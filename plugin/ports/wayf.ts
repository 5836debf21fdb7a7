/** The servers that the WAYF page leads to (draft section 4.4.3, INV-17). Implemented by `peers/`. */
export interface WayfServers {
  /** Those that are offered by name, in groups; only such as this server may federate with. Asks nobody. */
  offered(): readonly OfferedGroup[];
  /** May people type in any other? */
  readonly anyServer: boolean;
}

export interface OfferedGroup {
  /** Name of the federation, for people; null: the servers that the operator named. */
  title: string | null;
  servers: readonly OfferedServer[];
}

export interface OfferedServer {
  /** Canonical host[:port]. */
  host: string;
  /** For people. It is always shown beside the host, since others may have given it. */
  name: string;
}
