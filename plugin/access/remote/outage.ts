import { PeerFailure } from "../../ports/peer-client.ts";
import type { Failure } from "../../ports/records.ts";
import { OcmError } from "../../protocol/errors.ts";
import { PeerRefusal } from "./refusals.ts";

/**
 * Why the owner's server is of no use at the moment: nobody answers, a gateway or a maintenance page does, it has trouble of its own or
 * too much to do. Undefined for everything else: a refusal, also one with 401, 403 or 404, is an answer about the share.
 */
export function outageOf(error: unknown, now: number): Failure | undefined {
  const failure = error instanceof OcmError ? error.cause : error;
  if (failure instanceof PeerFailure) {
    const { code, message, status } = failure;
    return isOutage(failure) ? { code, message, status, at: now } : undefined;
  }
  if (error instanceof PeerRefusal) {
    const { code, message, peerStatus: status } = error;
    const isTrouble = status !== null && (status >= 500 || status === 429);
    return isTrouble ? { code, message, status, at: now } : undefined;
  }
  const broken = error instanceof OcmError && error.code === "peer-unreachable";
  return broken ? { code: error.code, message: error.message, status: null, at: now } : undefined;
}

function isOutage({ code, status, final }: PeerFailure): boolean {
  if (code === "peer-error") return status !== null && status >= 500;
  // A redirect for a while is how maintenance pages are shown.
  if (code === "peer-redirect") return !final;
  return ["peer-dns", "peer-unreachable", "peer-tls", "peer-timeout"].includes(code);
}
