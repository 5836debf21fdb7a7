import { STATUS_CODES } from "node:http";
import { HostFileError, type HostFileFailure } from "../../ports/host.ts";
import { type ErrorCode, OcmError } from "../../protocol/errors.ts";
import { escapeXml } from "../xml.ts";
import { DavError } from "./locks/lock-errors.ts";
import type { DavReply } from "./request.ts";

export const XML_TYPE = 'application/xml; charset="utf-8"';

/** The precondition elements that RFC 4918 section 16 wants in the body, where the code alone tells them. */
const CONDITIONS: Partial<Record<ErrorCode, string>> = {
  "depth-infinite": "<d:propfind-finite-depth/>",
  // RFC 4331 section 6.
  "no-space": "<d:sufficient-disk-space/>",
};

/**
 * A refusal as a WebDAV answer: the element `error` of RFC 4918 section 14.5, with code and sentence in the two elements that
 * other OCM servers use too. A 401 asks for Bearer and for nothing else, because some clients throw their own credentials away
 * where Basic is offered.
 */
export function errorReply(error: OcmError): DavReply {
  const condition = error instanceof DavError ? error.condition : (CONDITIONS[error.code] ?? "");
  const body = Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?>\n<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">${condition}<s:exception>${error.code}</s:exception><s:message>${escapeXml(error.message)}</s:message></d:error>`,
  );
  const headers: Record<string, string> = {
    "content-type": XML_TYPE,
    "content-length": String(body.length),
    "cache-control": "no-store",
  };
  if (error.status === 401) headers["www-authenticate"] = 'Bearer realm="OCM"';
  if (error.retryAfter !== undefined) headers["retry-after"] = String(error.retryAfter);
  return { status: error.status, headers, body };
}

const HOST_FAILURES: Readonly<Record<HostFileFailure, ErrorCode>> = {
  "not-found": "resource-missing",
  exists: "conflict",
  "not-a-folder": "resource-missing",
  "is-a-folder": "method-not-allowed",
  "no-space": "no-space",
  forbidden: "forbidden",
  "bad-name": "path-invalid",
  changed: "precondition-failed",
};

/**
 * What a file adapter threw, as a refusal; anything but a HostFileError is handed back as it is. `missing` is the code for a path
 * that is not there: a missing parent is a conflict (RFC 4918 sections 9.3.1, 9.7.1 and 9.9.4).
 */
export function hostRefusal(error: unknown, missing: ErrorCode = "resource-missing"): unknown {
  if (!(error instanceof HostFileError)) return error;
  const code = HOST_FAILURES[error.failure];
  return new OcmError(code === "resource-missing" ? missing : code, { cause: error });
}

/** What happened to single resources, where that of the request itself does not say it all (RFC 4918 section 13). */
export function multistatusReply(results: readonly { href: string; status: number }[]): DavReply {
  const responses = results.map(
    ({ href, status }) =>
      `<d:response><d:href>${escapeXml(href)}</d:href><d:status>HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}</d:status></d:response>`,
  );
  const body = Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?>\n<d:multistatus xmlns:d="DAV:">${responses.join("")}</d:multistatus>`,
  );
  return { status: 207, headers: { "content-type": XML_TYPE, "content-length": String(body.length) }, body };
}
