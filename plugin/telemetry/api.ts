import type { Meter, Tracer } from "@opentelemetry/api";
import type { System } from "../ports/system.ts";
import type { Contexts } from "./contexts.ts";
import type { Quietly } from "./harmless.ts";

/** The package of the host, or the one beside the plugin: both share what is registered. */
export type OpenTelemetryApi = typeof import("@opentelemetry/api");

/** Scheme, host and port of this server, as the semantic conventions of OpenTelemetry write them. */
interface OwnAddress {
  "url.scheme": string;
  "server.address": string;
  "server.port": number;
}

/** What every part of the telemetry needs. */
export interface Tools {
  api: OpenTelemetryApi;
  tracer: Tracer;
  meter: Meter;
  contexts: Contexts;
  system: Pick<System, "now">;
  self: OwnAddress;
  /** Is this peer named by the operator, so that metrics may name it too? */
  isKnown(host: string): boolean;
  /** For what nobody waits for: an event of a stream. */
  quietly: Quietly;
}
