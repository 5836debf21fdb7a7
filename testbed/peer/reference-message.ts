import type { Message } from "../faults/message.ts";
import type { Federating } from "./reference-app.ts";

/** What the process of the reference server is told beside its configuration. */
export interface ReferenceSettings {
  federating: Federating;
  /** Host[:port] of the peer. */
  peer: string;
  /** The public key of the checks. */
  jwk: Record<string, unknown>;
  /** First part of the paths that only the command may ask. */
  door: string;
}

/** What it tells the one that started it: where peers come in, and where its people and the command do. */
export interface ReferenceMessage {
  type: "ready";
  port: number;
  doorPort: number;
}

/** Name of the environment variable with the settings as JSON. */
export const REFERENCE_VARIABLE = "OCM_TESTBED_REFERENCE";

/** A message whose bodies are base64. */
export type WireMessage = Omit<Message, "requestBody" | "responseBody"> & { requestBody: string; responseBody: string };
