/** Numbers over many observations; all null where there was none. */
export interface Distribution {
  count: number;
  mean: number | null;
  p50: number | null;
  p90: number | null;
  p99: number | null;
  max: number | null;
}

/** One kind of request between servers, such as `shares` or `dav PROPFIND`. */
export interface MessageCount {
  kind: string;
  messages: number;
  /** Of bodies and heads, in both directions. */
  bytes: number;
  /** Answered with 4xx or 5xx, or not at all. */
  failed: number;
}

/** One server of the federation. */
export interface ServerFigures {
  name: string;
  /** Canonical host. */
  host: string;
  /** What it is in the topology, such as `hub`, `leaf`, `node`, `campus` or `member`. */
  role: string;
  /** The federation or nation that it belongs to; null where the topology has none. */
  group: string | null;
  users: number;
  /** Other servers that its people share with. */
  peers: number;
  sharesSent: number;
  sharesReceived: number;
  requestsIn: number;
  requestsOut: number;
  bytesIn: number;
  bytesOut: number;
  /** Most requests from peers within one virtual second. */
  busiestSecond: number;
  /** Most messages that waited to be told at one time. */
  longestBacklog: number;
}

/** Two servers between which there was something. */
export interface LinkFigures {
  from: string;
  to: string;
  messages: number;
  shares: number;
}

/** The state of the federation at one virtual time. */
export interface Sample {
  /** Virtual milliseconds since the begin. */
  at: number;
  /** Messages that wait to be told, in all servers. */
  backlog: number;
  /** Shares created, and among them those that were known at the receiver. */
  sharesCreated: number;
  sharesReceived: number;
  sharesEnded: number;
  /** Requests between servers since the last sample. */
  messages: number;
  /** Among them those that failed. */
  failed: number;
}

/** Something that the workload or the fault did, for the plots. */
export interface Incident {
  /** Virtual milliseconds since the begin. */
  at: number;
  /** A few words. */
  what: string;
}

/**
 * What came of a simulation: only what follows from seed, settings and version, so that two runs give the same bytes. All times are virtual
 * milliseconds.
 */
export interface SimulationReport {
  format: "koa-ocm simulation 1";
  version: string;
  settings: {
    servers: number;
    users: number;
    shares: number;
    topology: string;
    workload: string;
    fault: string | null;
    seed: string;
  };
  /** False: it was interrupted; then all figures are those up to that moment. */
  complete: boolean;
  /** Virtual milliseconds from the first to the last event. */
  duration: number;
  totals: {
    sharesCreated: number;
    sharesReceived: number;
    sharesAccepted: number;
    sharesEnded: number;
    sharesRejected: number;
    filesRead: number;
    messages: number;
    bytes: number;
    messagesPerShare: number | null;
    bytesPerShare: number | null;
    deliveries: { acknowledged: number; repeated: number; parked: number };
  };
  messages: MessageCount[];
  latencies: {
    /** From the sender's click until the receiver has the share. */
    shareDelivery: Distribution;
    /** From the receiver's answer until the sender knows it. */
    answerDelivery: Distribution;
    /** From the revocation until the receiver's server was told. */
    revocationSpread: Distribution;
    /** From the revocation until the last successful access by its receiver; above zero would break an invariant. */
    accessAfterRevocation: Distribution;
  };
  caches: {
    discovery: { fetches: number; hits: number; bytes: number };
    keys: { fetches: number; hits: number; bytes: number };
  };
  samples: Sample[];
  incidents: Incident[];
  servers: ServerFigures[];
  links: LinkFigures[];
  invariants: {
    name: string;
    holds: boolean;
    /** How many things were looked at. */
    checked: number;
    /** The first of those that do not hold, at most ten. */
    broken: string[];
  }[];
}

/** Wall-clock figures of the same run: they differ from run to run and from machine to machine. */
export interface Measured {
  wallMs: number;
  cpuMs: number;
  /** Highest resident set size. */
  rssMiB: number;
  messagesPerSecond: number;
  sharesPerSecond: number;
  node: string;
  cpus: number;
}
