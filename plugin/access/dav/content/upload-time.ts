import type { HostEntry } from "../../../ports/host.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { type DavRequest, header } from "../request.ts";

/** Seconds of the last moment of the year 9999, beyond which an HTTP-date cannot go. */
const LATEST = 253_402_300_799;

/**
 * The time that `X-OC-Mtime` wants the uploaded file to have, in milliseconds since the Unix epoch. The field has seconds, perhaps with a
 * fraction. Undefined where it is absent.
 * @throws OcmError bad-request
 */
export function requestedTime(request: Pick<DavRequest, "headers">): number | undefined {
  const field = header(request, "x-oc-mtime")?.trim();
  if (field === undefined) return undefined;
  const seconds = /^\d{1,12}(\.\d{1,9})?$/.test(field) ? Number(field) : Number.NaN;
  if (!(seconds <= LATEST)) {
    throw new OcmError("bad-request", { message: "X-OC-Mtime has to be seconds since 1970." });
  }
  return Math.round(seconds * 1000);
}

/** Tells the client that its time was taken, which a file adapter may not do. */
export function timeHeader(
  requested: number | undefined,
  written: Pick<HostEntry, "modifiedAt">,
): Record<string, string> {
  if (requested === undefined) return {};
  const taken = Math.floor(written.modifiedAt / 1000) === Math.floor(requested / 1000);
  return taken ? { "x-oc-mtime": "accepted" } : {};
}
