import { HostFileError, type HostFileFailure } from "../../ports/host.ts";
import { PeerFailure } from "../../ports/peer-client.ts";
import type { Failure } from "../../ports/records.ts";
import { TransportError } from "../../ports/system.ts";
import { type ErrorCode, OcmError } from "../../protocol/errors.ts";
import { PeerRefusal, peerTrouble } from "../remote/refusals.ts";

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
/** Pauses between attempts double up to the longest. */
const FIRST_PAUSE = 5 * SECOND;
/** The longest pause between two attempts, in milliseconds. */
export const LONGEST_PAUSE = 300 * SECOND;
/** How long a copy waits for a server that is down, while nothing of it can be done. */
const PATIENCE = 7 * DAY;
/** Attempts where the reason may be a passing one, but nobody can tell. */
const FEW = 5;

/** What a failure means for the copy. */
export interface Verdict {
  failure: Failure;
  /** Milliseconds until the next attempt; null: the copy has failed. */
  retryIn: number | null;
}

/**
 * Why a copy could not go on, and whether it is tried again: for seven days while the other server is down or asks to wait, a few times for
 * what may pass, and not where somebody has to change something. A server that has just been down may stumble once.
 * @param before path of the file under way; the attempts since something was last completed, and how the last of them ended
 * @param jitter 0 to 1
 */
export function verdictOf(
  error: unknown,
  { path, attempts, last }: { path: string | null; attempts: number; last: Pick<Failure, "code"> | null },
  now: number,
  jitter: number,
): Verdict {
  const { code, message, status } = explained(error);
  const wasDown = last !== null && DOWN.has(last.code);
  const failure = { code, message: path === null || path === "" ? message : `${path}: ${message}`, at: now, status };
  const pause = pauseAfter(attempts) * (0.75 + jitter / 4);
  const again = DOWN.has(code)
    ? waited(attempts) < PATIENCE
    : PASSING.has(code) && (attempts + 1 < FEW || (wasDown && waited(attempts) < PATIENCE));
  return { failure, retryIn: again ? pause : null };
}

const DOWN: ReadonlySet<string> = new Set<ErrorCode>(["peer-unreachable", "too-many-requests", "unavailable"]);
const PASSING: ReadonlySet<ErrorCode> = new Set(["peer-refused", "internal"]);

function pauseAfter(attempts: number): number {
  return Math.min(FIRST_PAUSE * 2 ** Math.min(attempts, 10), LONGEST_PAUSE);
}

/** The pauses of so many attempts together. */
function waited(attempts: number): number {
  let sum = 0;
  for (let attempt = 0; attempt < attempts && sum < PATIENCE; attempt += 1) sum += pauseAfter(attempt);
  return sum;
}

function explained(error: unknown): { code: ErrorCode; message: string; status: number | null } {
  if (error instanceof HostFileError) {
    const [code, message] = OWN_FILES[error.failure];
    return { code, message, status: null };
  }
  const trouble = error instanceof PeerFailure ? peerTrouble(error) : error;
  if (trouble instanceof OcmError) {
    const status = trouble instanceof PeerRefusal ? trouble.peerStatus : null;
    return { code: trouble.code, message: trouble.message, status };
  }
  if (error instanceof TransportError) return { code: "peer-unreachable", message: error.message, status: null };
  return { code: "internal", message: new OcmError("internal").message, status: null };
}

/** What the person's own files do not allow. */
const OWN_FILES: Readonly<Record<HostFileFailure, readonly [ErrorCode, string]>> = {
  "not-found": ["resource-missing", "There is no such file or folder in your own files."],
  exists: ["conflict", "There is something at the destination already."],
  changed: ["conflict", "There is something at the destination already."],
  "not-a-folder": ["conflict", "This is not a folder in your own files."],
  "is-a-folder": ["conflict", "There is a folder at this place in your own files."],
  "no-space": ["no-space", "There is no space left in your own files."],
  forbidden: ["forbidden", "Your own files do not allow this."],
  "bad-name": ["path-invalid", "Your own files cannot have this name."],
};
