// Read by k6 and by Node: it imports types only.

/** A person with an account on a server. */
export interface Person {
  /** Where the server is reached. */
  origin: string;
  username: string;
  password: string;
  /** OCM Address. */
  address: string;
}

/** A server of the run. */
export interface WorldServer extends Person {
  name: string;
  /** Somebody who only looks at a list, so that nothing else fills it. */
  lister?: Person;
}

/** Another server, as far as the one under load knows it: its keys are published, and k6 signs with one of them. */
export interface WorldPeer {
  /** Host and port of its OCM Addresses. */
  host: string;
  keyid: string;
  /** A private P-256 key. */
  jwk: Record<string, string>;
}

/** A shared file or folder as its receiver uses it. */
export interface WorldShare {
  /** Its address, without a slash at the end. */
  url: string;
  accessToken: string;
}

/** What a script finds ready. */
export interface World {
  /** Different in each run, so that names are new. */
  run: string;
  servers: WorldServer[];
  peers: WorldPeer[];
  /** People without an account to log in with, on each server: `recipient0` and so on. */
  recipients: number;
  /** What is shared for this script, by name. */
  shares: Record<string, WorldShare>;
  /** Bytes of a file, or entries of a folder. */
  size: number;
  /** How many of what the script counts, such as recipients or shares in a list. */
  count: number;
  /** Where hosts are whose names this machine does not know: the option `hosts` of k6. */
  hosts: Record<string, string>;
  /** Hosts that do not answer. */
  deadHosts: string[];
  /** What is named in requests that are signed while the script runs: codes, or identifiers of shares. */
  names: { peer: number; name: string }[];
}

/** A request that was signed before the run. */
export interface PreparedRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
}
