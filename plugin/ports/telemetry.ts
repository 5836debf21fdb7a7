import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Readable } from "node:stream";

/**
 * Traces and metrics of what this server does. `telemetry/` implements it with OpenTelemetry where the host has set that up; everywhere
 * else it is `NO_TELEMETRY`. Whatever wraps work does it once, gives back what the work gives, and throws what it throws; nothing here throws
 * anything of its own.
 */
export interface Telemetry {
  /** Answers a request of somebody else. It is over when the response is closed and the work is done. */
  serve<T>(request: ServedRequest, work: (served: Served) => T): T;
  /** Asks another server. It is over when the body of the answer is closed. */
  ask<A extends AskedAnswer>(request: AskedRequest, work: () => Promise<A>): Promise<A>;
  /** One attempt of the worker at what follows from a decision. */
  deliver<T>(delivery: DeliveryAttempt, work: () => Promise<T>): Promise<T>;
  /** Verifies the signature of a message that speaks for `host`. An error's `code` is the verdict. */
  verify<T>(host: string, work: () => Promise<T>): Promise<T>;
  /** Exchanges a shared secret for an access token at `host`. */
  exchange<T>(host: string, work: () => Promise<T>): Promise<T>;
  /** A decision has become durable, or was refused. */
  decided(decision: { name: string; requestId: string | null }): void;
  /** What came of an attempt; called within it. `duration` is in milliseconds. */
  delivered(delivery: DeliveryOutcome): void;
  /** Something was looked for in a cache. */
  looked(cache: "discovery" | "keys", found: boolean): void;
  /** Content begins to flow; call what it returns when that is over. */
  transfer(of: "own" | "received"): () => void;
  /** Has these read at each collection of the metrics. Call what it returns before they can no longer be read. */
  observe(gauges: Gauges): () => void;
}

export interface ServedRequest {
  method: string;
  /** Row of the routes table with its prefix: names of parameters instead of their values. "" where none fits. */
  route: string;
  headers: IncomingHttpHeaders;
  response: ServerResponse;
}

/** The request under way. */
export interface Served {
  /** What is known of it once it is answered. */
  answered(outcome: { requestId: string; code: string | null; peer: string | null }): void;
}

export interface AskedRequest {
  method: string;
  url: string;
  /** The peer on whose behalf it is asked. */
  host: string;
  /** Stands for the URL: names nobody and no share. Absent: the method has to do. */
  template?: string | undefined;
}

interface AskedAnswer {
  status: number;
  body: Readable;
}

interface DeliveryAttempt {
  type: string;
  detail: string;
  /** Canonical host of the peer; null for what happens here. */
  to: string | null;
  /** Counted from one. */
  attempt: number;
  /** Of the request that caused it. */
  requestId: string;
}

interface DeliveryOutcome {
  type: string;
  outcome: string;
  code: string | null;
  status: number | null;
  duration: number;
}

/** What is there at the moment. */
export interface Gauges {
  /** Entries of outboxes. Bounded: see `deliver/backlog.ts`. */
  backlog(): Promise<Backlog[]>;
  /** Peers that this process has to do with. */
  peers(): { ok: number; unreachable: number };
}

export interface Backlog {
  type: string;
  state: "waiting" | "parked";
  count: number;
}

const UNSEEN: Served = { answered() {} };
const nothing = () => {};

/** Nobody looks. */
export const NO_TELEMETRY: Telemetry = {
  serve: (_request, work) => work(UNSEEN),
  ask: (_request, work) => work(),
  deliver: (_delivery, work) => work(),
  verify: (_host, work) => work(),
  exchange: (_host, work) => work(),
  decided: nothing,
  delivered: nothing,
  looked: nothing,
  transfer: () => nothing,
  observe: () => nothing,
};
