import { canonicalHost, parseAddress } from "../protocol/address.ts";
import { OcmError } from "../protocol/errors.ts";
import { checkClock } from "./diagnose/clock.ts";
import { checkCapabilities, checkDiscovery } from "./diagnose/documents.ts";
import { type DiagnoseDependencies, type Examination, examine } from "./diagnose/examination.ts";
import { type Check, type Finding, failed, onOneLine, type Verdict } from "./diagnose/finding.ts";
import { checkKeys } from "./diagnose/keys.ts";
import { checkAddress, checkDns, checkHistory, checkPolicy, checkTls } from "./diagnose/reach.ts";
import { checkSelf } from "./diagnose/self.ts";
import { checkSignature } from "./diagnose/signature.ts";

export type { DiagnoseDependencies } from "./diagnose/examination.ts";
export type { Check, Finding, FindingStatus } from "./diagnose/finding.ts";

/** The longest that one check may take, in milliseconds. */
const LIMIT = 45_000;

const CHECKS: readonly [Check, (examination: Examination) => Promise<Verdict>][] = [
  ["policy", checkPolicy],
  ["history", checkHistory],
  ["dns", checkDns],
  ["address", checkAddress],
  ["tls", checkTls],
  ["discovery", checkDiscovery],
  ["capabilities", checkCapabilities],
  ["keys", checkKeys],
  ["clock", checkClock],
  ["signature", checkSignature],
  ["self", checkSelf],
];

/**
 * Looks at everything that has to work between this server and a peer, in order: each finding is given out when it is there. A check
 * that needs what an earlier one did not find is skipped. Nothing is changed, here or there. Never throws.
 * @param peer host[:port], a URL of it, or the OCM Address of somebody there
 */
export async function* diagnosePeer(dependencies: DiagnoseDependencies, peer: string): AsyncGenerator<Finding, void> {
  const { system, logger } = dependencies;
  let host: string;
  try {
    host = peer.includes("@") ? parseAddress(peer).host : canonicalHost(peer);
  } catch (error) {
    const reason = error instanceof OcmError ? error.message : "It cannot be read.";
    const verdict = failed(`"${peer}" names no server: ${reason}`, "Give host, host:port or an OCM Address.");
    yield finding("host", verdict, 0);
    return;
  }
  const examination = examine(dependencies, host);
  try {
    for (const [check, look] of CHECKS) {
      const start = system.now();
      const verdict = await within(dependencies, look(examination)).catch((error: unknown) => {
        logger.error({ err: error, peer: host, check }, "A check of the diagnosis broke off.");
        return failed("Something went wrong on this server; its log has more.");
      });
      yield finding(check, verdict, system.now() - start);
    }
  } finally {
    examination.http.close();
  }
}

function finding(check: Check, { status, message, next }: Verdict, duration: number): Finding {
  const sentence = { check, status, message: onOneLine(message) };
  return next === undefined ? { ...sentence, duration } : { ...sentence, next: onOneLine(next), duration };
}

async function within({ system }: DiagnoseDependencies, look: Promise<Verdict>): Promise<Verdict> {
  const done = new AbortController();
  const late = system.sleep(LIMIT, done.signal).then(() => failed(`It took longer than ${LIMIT / 1000} seconds.`));
  try {
    return await Promise.race([look, late]);
  } finally {
    done.abort();
  }
}
