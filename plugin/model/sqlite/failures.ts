import { OcmError } from "../../protocol/errors.ts";

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const ERROR = 1;
const BUSY = 5;
const LOCKED = 6;
const TOO_BIG = 18;
const CONSTRAINT = 19;
const MISMATCH = 20;
const RANGE = 25;

const SECONDS_UNTIL_RETRY = 2;

/**
 * Whose fault a failure is. `busy`: another process writes, and waiting helps. `statement`: this one statement or its values.
 * `database`: the disk is full, read-only or broken, and every write fails until somebody mends it.
 */
export type FailureKind = "busy" | "statement" | "database";

export function failureKind(error: unknown): FailureKind {
  const code = resultCode(error);
  if (code === BUSY || code === LOCKED) return "busy";
  const own: readonly (number | undefined)[] = [undefined, ERROR, TOO_BIG, CONSTRAINT, MISMATCH, RANGE];
  return own.includes(code) ? "statement" : "database";
}

/** The failure as callers of the store get it; the cause says what SQLite said. */
export function toOcmError(error: unknown): OcmError {
  if (error instanceof OcmError) return error;
  return failureKind(error) === "statement" ? new OcmError("internal", { cause: error }) : unavailable(error);
}

/** The database can't be used now; later it may. */
export function unavailable(cause: unknown): OcmError {
  return new OcmError("unavailable", { retryAfter: SECONDS_UNTIL_RETRY, cause });
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  // The upper bits of an extended code only refine the lower eight.
  return error.errcode & 0xff;
}
