import { OcmError } from "../../protocol/errors.ts";

const DUPLICATE_KEY = 11_000;
const SECONDS_UNTIL_RETRY = 2;

/** Error codes of the server that are about the document, not about the server's state. */
const OF_THE_DOCUMENT: ReadonlySet<unknown> = new Set([2, 9, 52, 54, 57, 10_334, 17_280]);

/** Is the key taken? */
export function isDuplicate(error: unknown): boolean {
  return codeOf(error) === DUPLICATE_KEY;
}

/** The failure as callers of the store get it; the cause says what the driver or the server said. */
export function toOcmError(error: unknown): OcmError {
  if (error instanceof OcmError) return error;
  const isOurs = isUnwritable(error) || OF_THE_DOCUMENT.has(codeOf(error));
  return isOurs ? new OcmError("internal", { cause: error }) : unavailable(error);
}

/** The database can't be used now; later it may. */
export function unavailable(cause: unknown): OcmError {
  return new OcmError("unavailable", { retryAfter: SECONDS_UNTIL_RETRY, cause });
}

/** Did the driver refuse the document before it sent anything? */
export function isUnwritable(error: unknown): boolean {
  return (
    error instanceof TypeError || error instanceof RangeError || (error instanceof Error && /^BSON/.test(error.name))
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
