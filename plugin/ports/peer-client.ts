import type { Readable } from "node:stream";
import type { PeerProfile } from "../protocol/profile.ts";
import type { ReasonCode } from "../protocol/reasons.ts";
import type { JsonObject, PeerRecord } from "./records.ts";

/** Other servers, as the use cases see them: guarded, bounded, signed. Implemented by `peers/`. */
export interface PeerClient {
  /**
   * What the server at this host says of itself (draft section 5), from a bounded cache unless `fresh`. `stranger`: this server wants
   * nothing of the host, but somebody speaks in its name; then nothing is kept of it, and it is not asked while too many are.
   * @throws PeerFailure
   */
  discover(host: string, options?: { fresh?: boolean; requestId?: string; stranger?: boolean }): Promise<PeerProfile>;
  /**
   * A signed POST to an endpoint of the peer's API; the answer is whatever it said, of any status.
   * @throws PeerFailure when no usable HTTP answer came
   */
  post(message: PeerMessage): Promise<PeerAnswer>;
  /** A streamed request for the bytes of a share: no body limit, no total deadline. @throws PeerFailure */
  stream(request: PeerStreamRequest): Promise<PeerStreamAnswer>;
  /** What is known of the peer's health; asks nobody. */
  health(host: string): Promise<PeerRecord | undefined>;
  /** Is the breaker open, so that nothing should be sent now? Asks nobody. */
  isUnreachable(host: string): boolean;
}

export interface PeerMessage {
  host: string;
  endpoint: "shares" | "notifications" | "invite-accepted" | "token";
  /** JSON for the API endpoints, a form for the token endpoint. */
  body: { json: JsonObject } | { form: Record<string, string> };
  requestId: string;
}

export interface PeerAnswer {
  status: number;
  /** The parsed body where it was JSON within limits, else undefined. */
  body: unknown;
  /** Milliseconds, from Retry-After. */
  retryAfter: number | null;
}

export interface PeerStreamRequest {
  host: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Uint8Array | Readable;
  requestId: string;
  signal?: AbortSignal;
}

export interface PeerStreamAnswer {
  status: number;
  headers: Record<string, string>;
  body: Readable;
}

export type PeerFailureCode = Exclude<ReasonCode, "hook-failed"> | "peer-not-allowed";

/** A peer could not be used. `final`: repeating the same request later can't help unless somebody changes something. */
export class PeerFailure extends Error {
  readonly code: PeerFailureCode;
  readonly host: string;
  readonly final: boolean;
  readonly status: number | null;
  constructor(
    code: PeerFailureCode,
    host: string,
    message: string,
    options?: ErrorOptions & { final?: boolean; status?: number },
  ) {
    super(message, options);
    this.name = "PeerFailure";
    this.code = code;
    this.host = host;
    this.final = options?.final ?? false;
    this.status = options?.status ?? null;
  }
}
