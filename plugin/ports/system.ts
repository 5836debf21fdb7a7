import type { KeyObject } from "node:crypto";
import type { Readable } from "node:stream";

/**
 * Everything that makes two runs differ: clocks, timers, randomness, the network and work off the event loop.
 * `system/` implements it for the machine; a simulation brings its own. Nothing else in the plugin may use these.
 */
export interface System {
  /** Wall clock, in milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds, or earlier, without an error, when the signal is aborted. Never keeps the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Resolves when the event loop has come round, once whatever has arrived by now has been looked at; no time passes on the
   * clock. The writer waits for it, so that requests which arrive together share one commit.
   */
  soon(): Promise<void>;
  /** A signal that is aborted after `ms` milliseconds. Never keeps the process alive. */
  timeout(ms: number): AbortSignal;
  /** Cryptographically strong random bytes. `purpose` names the use, so that a simulation can give each use its own stream. */
  random(purpose: string, bytes: number): Buffer;
  /**
   * Checks one asymmetric signature off the event loop. `hash` is null where the algorithm has its own (Ed25519). An ECDSA signature
   * is the two integers side by side (RFC 9421 section 3.3.4), an RSA one has PKCS #1 v1.5 padding. False for one that cannot be read.
   */
  verify(
    hash: "sha256" | "sha384" | "sha512" | null,
    data: Uint8Array,
    key: KeyObject,
    signature: Uint8Array,
  ): Promise<boolean>;
  /** One HTTP exchange: no redirects followed, no cookies, the body streamed. @throws TransportError */
  fetch(request: TransportRequest): Promise<TransportResponse>;
  /** The IP addresses of a host name, as this machine resolves it. @throws TransportError */
  resolve(hostname: string): Promise<string[]>;
  /**
   * What a TLS server shows of itself, whether it would be trusted or not. For diagnoses; a system without it leaves them out.
   * @throws TransportError when no TLS connection comes about
   */
  certificate?(hostname: string, port: number, connect: ConnectPolicy): Promise<ServerCertificate>;
  /** Lets go of pooled connections, breaking off what is under way; the system cannot fetch afterwards. */
  close?(): Promise<void>;
}

export interface TransportRequest {
  method: string;
  /** Absolute http or https URL, without credentials. */
  url: string;
  headers: Record<string, string>;
  body?: Uint8Array | Readable;
  /** How the connection may be made. */
  connect: ConnectPolicy;
  /** Longest wait for the whole head of the answer once the request is sent, and longest stall of a body being sent, in milliseconds. */
  headersTimeout: number;
  /** Longest silence while the body is read, in milliseconds. There is no total deadline. The body fails with a TransportError. */
  idleTimeout: number;
  signal?: AbortSignal;
}

export interface ConnectPolicy {
  /**
   * Called with each resolved IP address before a connection is made to it; the sentence says why it is refused, null permits
   * it. Every permitted address is tried. One object per policy: connections are pooled by it.
   */
  refuse(address: string): string | null;
  /**
   * Names are those of strangers: they are asked of name servers directly, and not of the machine's resolver with its hosts file, which
   * whoever names hosts with silent name servers could hold up for everybody. @default false
   */
  publicNames?: boolean;
  /** PEM certificates trusted for this peer, in addition to the machine's. */
  ca?: string;
  /**
   * URL of an outbound HTTP proxy. The proxy then resolves names; `refuse` is asked for what this machine resolves, as a first guard,
   * and the proxy has to be one that guards its own network.
   */
  proxy?: string;
  /** Milliseconds for DNS, TCP and TLS together. */
  timeout: number;
  /** At most this many connections at once to one origin; further requests wait. @default 64 */
  connections?: number;
}

/** The certificate of a TLS server, and how it is talked to. */
export interface ServerCertificate {
  /** IP address that answered. */
  address: string;
  /** Such as `TLSv1.3`. */
  protocol: string;
  /** Common name of the issuer, or its organisation; "" where it has neither. */
  issuer: string;
  /** Names and addresses that it is for. */
  names: string[];
  /** Milliseconds since the Unix epoch. */
  validFrom: number;
  validTo: number;
  /** The sentence says why it is not trusted for this name; null: it is. */
  fault: string | null;
}

export interface TransportResponse {
  status: number;
  /** Lower-case names; repeated fields are joined with ", ". */
  headers: Record<string, string>;
  body: Readable;
}

/** Why no answer came from a peer. */
export type TransportFailure =
  | "dns"
  | "address-refused"
  | "connect"
  | "tls"
  | "timeout"
  | "reset"
  | "aborted"
  | "bad-url";

/** No HTTP answer: the sentence is fit for an operator, `failure` for a program. */
export class TransportError extends Error {
  readonly failure: TransportFailure;
  constructor(failure: TransportFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TransportError";
    this.failure = failure;
  }
}
