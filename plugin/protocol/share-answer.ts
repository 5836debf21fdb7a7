import { isObject } from "./json.ts";

/** Writes the body of the 201 that answers POST /shares (draft section 6.2). */
export function encodeShareAnswer(recipientDisplayName: string): { recipientDisplayName: string } {
  return { recipientDisplayName };
}

/**
 * Reads the recipient's display name from the answer to a share. It is required by the draft and missing in the answers of several
 * servers, one of which sends an empty list (G-16).
 */
export function decodeShareAnswer(json: unknown): string | null {
  const name = isObject(json) ? json.recipientDisplayName : null;
  return typeof name === "string" && name !== "" ? name : null;
}
