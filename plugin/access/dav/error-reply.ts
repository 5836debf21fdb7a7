import { HostFileError, type HostFileFailure } from "../../ports/host.ts";
import { type ErrorCode, OcmError } from "../../protocol/errors.ts";
import { escapeXml } from "../xml.ts";
import type { DavReply } from "./request.ts";

export const XML_TYPE = 'application/xml; charset="utf-8"';

/** Names of the precondition elements that RFC 4918 section 16 wants in the body. */
const CONDITIONS: Partial<Record<ErrorCode, string>> = { "depth-infinite": "propfind-finite-depth" };

/**
 * A refusal as a WebDAV answer: the element `error` of RFC 4918 section 14.5, with code and sentence in the two elements that
 * other OCM servers use too. A 401 asks for Bearer and for nothing else, because some clients throw their own credentials away
 * where Basic is offered.
 */
export function errorReply(error: OcmError): DavReply {
  const condition = CONDITIONS[error.code];
  const body = Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?>\n<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">${
      condition === undefined ? "" : `<d:${condition}/>`
    }<s:exception>${error.code}</s:exception><s:message>${escapeXml(error.message)}</s:message></d:error>`,
  );
  const headers: Record<string, string> = { "content-type": XML_TYPE, "content-length": String(body.length) };
  if (error.status === 401) headers["www-authenticate"] = 'Bearer realm="OCM"';
  if (error.retryAfter !== undefined) headers["retry-after"] = String(error.retryAfter);
  return { status: error.status, headers, body };
}

const HOST_FAILURES: Readonly<Record<HostFileFailure, ErrorCode>> = {
  "not-found": "resource-missing",
  exists: "conflict",
  "not-a-folder": "conflict",
  "is-a-folder": "method-not-allowed",
  "no-space": "no-space",
  forbidden: "forbidden",
  "bad-name": "path-invalid",
};

/**
 * What a file adapter threw, as a refusal; anything but a HostFileError is handed back as it is. `missing` is the code for a path
 * that is not there: a missing parent is a conflict (RFC 4918 sections 9.3.1, 9.7.1 and 9.9.4).
 */
export function hostRefusal(error: unknown, missing: ErrorCode = "resource-missing"): unknown {
  if (!(error instanceof HostFileError)) return error;
  return new OcmError(error.failure === "not-found" ? missing : HOST_FAILURES[error.failure], { cause: error });
}
