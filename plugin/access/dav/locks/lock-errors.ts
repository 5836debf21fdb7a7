import { type ErrorCode, OcmError, type OcmErrorOptions } from "../../../protocol/errors.ts";
import { escapeXml } from "../../xml.ts";

/** A refusal whose answer names the condition that was not met (RFC 4918 section 16). */
export class DavError extends OcmError {
  /** What goes into the element `error`, as XML with the prefix `d`. */
  readonly condition: string;

  constructor(code: ErrorCode, condition: string, options?: OcmErrorOptions) {
    super(code, options);
    this.name = "DavError";
    this.condition = condition;
  }
}

/** More addresses than these help nobody. */
export const HREFS_LIMIT = 10;

/** 423: what is to be changed is locked, and no token of these locks was submitted by whoever holds it. */
export function lockTokenNeeded(hrefs: readonly string[]): DavError {
  return new DavError("locked", condition("lock-token-submitted", hrefs));
}

/** 423: there is a lock already that leaves no room for another. */
export function conflictingLock(hrefs: readonly string[]): DavError {
  return new DavError("locked", condition("no-conflicting-lock", hrefs));
}

/** The token names no lock that the address is in the scope of: 409 for UNLOCK, 412 for a refresh. */
export function tokenMatchesNothing(code: "conflict" | "precondition-failed"): DavError {
  const message = "The lock token names no lock of this address.";
  return new DavError(code, "<d:lock-token-matches-request-uri/>", { message });
}

/** A condition element with the addresses that it is about. */
export function condition(name: string, hrefs: readonly string[]): string {
  const several = [...new Set(hrefs)].slice(0, HREFS_LIMIT);
  return `<d:${name}>${several.map((href) => `<d:href>${escapeXml(href)}</d:href>`).join("")}</d:${name}>`;
}
