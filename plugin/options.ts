import type { PublicJwk } from "./ports/crypto.ts";
import type { Host } from "./ports/host.ts";
import type { Logger } from "./ports/log.ts";
import type { Store } from "./ports/store.ts";
import type { System } from "./ports/system.ts";

/** What `createOcm` takes. Only the first three have to be given. */
export interface OcmOptions {
  /**
   * Scheme and host[:port] of every OCM Address here, such as `https://cloud.example.org`. It is never guessed from a request.
   * Plain `http` is accepted for loopback names only.
   */
  origin: string;
  /**
   * Where the share model is kept: `file:./ocm.sqlite`, `file::memory:`, `mongodb://a,b,c/ocm?replicaSet=rs0`, or a Store of your
   * own. A database remembers its origin and refuses another.
   */
  database: string | Store;
  /** Your file server's people, files and sessions. */
  host: Host;
  /** Path under which all routes but `/.well-known/*` live. @default "/ocm" */
  prefix?: string;
  /**
   * Path under which a reverse proxy shows the whole application, if it strips it: `https://example.org/cloud/…` arriving as `/…` is
   * `"/cloud"`. Discovery stays at the root of the origin. @default ""
   */
  publicPath?: string;
  /** Name of this server for people, in discovery and on pages. @default the host name of `origin` */
  name?: string;
  /** Whom this server federates with, and how strictly. */
  trust?: TrustOptions;
  /**
   * Settings for single peers, by host[:port]; a leading `*.` covers subdomains. The most exact entry counts. Names of peers that have an
   * entry are resolved as this machine does it, with its hosts file; all others are asked of its name servers directly.
   */
  peers?: Record<string, PeerOptions>;
  /** Bounds against floods and for the tidiness of the store. */
  limits?: LimitOptions;
  /** Durability, retention and secrets at rest. */
  storage?: StorageOptions;
  /** URL of an HTTP proxy for all requests to peers. @default none */
  outboundProxy?: string;
  /** Structured logger; anything with pino's methods. Secrets never reach it. @default pino at level "info" */
  logger?: Logger;
  /**
   * Traces and metrics by OpenTelemetry, where `@opentelemetry/api` is installed: see docs/telemetry.md. False: none, whatever the host has
   * set up. @default the providers that are registered when `createOcm` is called
   */
  telemetry?: TelemetryOptions | false;
  /** Clock, randomness and network, for simulations. @default the machine */
  system?: System;
  /** Deliver and expire in this process. False for a command, or for a front-end process beside workers. @default true */
  worker?: boolean;
  /** Serve the invite pages. @default true */
  pages?: boolean;
  /**
   * The page to which invite links lead: it asks people which server they are from ("Where Are You From") and sends them to its page for
   * invites. False: there is none, and invites have no link. See docs/wayf.md.
   * @default any server, typed in, and the peers that `trust.allow` names
   */
  wayf?: WayfOptions | false;
  /** Serve the user API at `{prefix}/api/v1`. @default true */
  userApi?: boolean;
  /** Serve `/.well-known/jwks.json`. False where the host has one of its own; `jwksUri` in discovery stays ours. @default true */
  wellKnownJwks?: boolean;
}

export interface TrustOptions {
  /** Only these peers may send or be sent shares; `*.example.org` covers subdomains. @default everybody */
  allow?: string[];
  /** These peers may not. It wins over `allow`. @default nobody */
  deny?: string[];
  /**
   * `required`: every request has to be signed (criterion must-use-http-sig). `if-peer-signs`: unsigned requests are taken from
   * peers that do not advertise signatures. `optional`: unsigned requests are taken. A bad signature is always refused.
   * @default "required"
   */
  signatures?: "required" | "if-peer-signs" | "optional";
  /** Only contacts by invite may send shares (criterion must-invite). @default false */
  mustInvite?: boolean;
  /** Shares to us have to use the code flow (criterion must-exchange-token). @default false */
  mustExchangeToken?: boolean;
  /** Demand that `date` is covered by signatures, as draft -05 does; later texts do not. @default false */
  strictDate?: boolean;
}

export interface PeerOptions {
  /** PEM certificates of the peer's own authority. */
  ca?: string;
  /** Talk plain http to it. For tests and laboratories. @default false */
  allowInsecureHttp?: boolean;
  /** Let its name resolve to loopback or private addresses. For tests, laboratories and intranets. @default false */
  allowPrivateAddresses?: boolean;
  /** Shares from it carry no warning. @default true for every peer named here */
  known?: boolean;
  /** Its rule for signatures, where it differs from `trust.signatures`. */
  signatures?: "required" | "if-peer-signs" | "optional";
}

export interface WayfOptions {
  /** Servers that the page offers: host[:port] and a name for people. @default none */
  servers?: Record<string, string>;
  /** Directory Services whose servers the page offers too. To be offered is no trust: that is `trust`, which limits the page as well. @default none */
  directories?: DirectoryOptions[];
  /** Let people type in a server that is not offered. @default true */
  anyServer?: boolean;
}

export interface DirectoryOptions {
  /** Where the signed document is (draft appendix C): an https URL. Redirects are not followed. */
  url: string;
  /**
   * Public keys, any of which may have signed it, each in PEM form or as a JWK: Ed25519, ECDSA P-256 or P-384. They come from the directory's
   * operator by another way than the document. @default none
   */
  keys?: (string | PublicJwk)[];
  /** Take a document that nobody has signed, instead of giving `keys`. For tests and laboratories. @default false */
  dangerouslyAllowUnsigned?: boolean;
}

export interface LimitOptions {
  /** Pending shares that one sender may have here; a host of strangers may send ten times as many in an hour. @default 100 */
  pendingPerSender?: number;
  /** Pending shares that one person may have waiting, and be sent by strangers in a day. @default 1000 */
  pendingPerRecipient?: number;
  /** Open invites of one person. @default 100 */
  openInvites?: number;
  /** Wrong invite tokens from one host within an hour, before it is locked out for the rest of the hour. @default 30 */
  inviteGuesses?: number;
  /** Wrong codes at the token endpoint from one host within five minutes; further ones are told to wait. Right ones still work. @default 60 */
  tokenGuesses?: number;
  /** Signed requests from one host within ten seconds. @default 2000 */
  requestsPerPeer?: number;
}

/** Providers of OpenTelemetry, by what is used of them. */
export interface TelemetryOptions {
  /** A TracerProvider. @default the one that is registered */
  tracerProvider?: { getTracer(name: string): object };
  /** A MeterProvider. @default the one that is registered */
  meterProvider?: { getMeter(name: string): object };
}

export interface StorageOptions {
  /**
   * SQLite only: `full` survives a power cut, `normal` may lose the last moments in one (never in a crash of the process).
   * @default "full"
   */
  synchronous?: "full" | "normal";
  /** 32 bytes as hex or base64: encrypts private keys and peers' secrets at rest. @default a key kept in the database itself */
  encryptionKey?: string;
  /** Days for which ended shares, invites and contacts are kept. @default 90 */
  retentionDays?: number;
  /** Days for which an invite can be accepted. @default 30 */
  inviteDays?: number;
}
