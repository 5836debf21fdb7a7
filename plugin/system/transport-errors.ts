import { TransportError } from "../ports/system.ts";

/** Why a certificate was refused, by the codes of Node and OpenSSL; each continues "The certificate of … ". */
const CERTIFICATE_FAULTS: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "was issued by an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT: "was issued by an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "was issued by an authority that is not trusted here, or its chain is incomplete",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "was issued by an authority that is not trusted here, or its chain is incomplete",
  CERT_HAS_EXPIRED: "has expired",
  CERT_NOT_YET_VALID: "is not valid yet",
  CERT_REVOKED: "has been revoked",
  ERR_TLS_CERT_ALTNAME_INVALID: "is for another host",
  HOSTNAME_MISMATCH: "is for another host",
};

const CONNECT_FAULTS: Record<string, string> = {
  ECONNREFUSED: "refused the connection",
  EHOSTUNREACH: "cannot be reached: there is no route to it",
  ENETUNREACH: "cannot be reached: there is no route to its network",
  EHOSTDOWN: "is down",
  ETIMEDOUT: "did not answer the attempt to connect",
  EADDRNOTAVAIL: "cannot be reached from the addresses of this machine",
  EACCES: "cannot be reached: this machine forbids the connection",
  EPERM: "cannot be reached: this machine forbids the connection",
};

const DNS_FAULTS: Record<string, string> = {
  ENOTFOUND: "The name does not exist",
  ENODATA: "The name has no address",
  EAI_AGAIN: "The name server does not answer",
  ETIMEOUT: "The name server does not answer",
  ESERVFAIL: "The name server failed",
  EREFUSED: "The name server refuses to say",
  EBADNAME: "The name is not valid",
  EAI_NODATA: "The name has no address",
  EAI_NONAME: "The name does not exist",
  EAI_FAIL: "The name server failed",
  EAI_SYSTEM: "The name server could not be asked",
};

/**
 * Puts whatever a connection attempt or an exchange failed with into one form: a code for programs, a sentence for operators.
 * `peer` is host[:port]; `connecting` says that no connection had been made yet.
 */
export function toTransportError(error: unknown, peer: string, connecting = false): TransportError {
  if (error instanceof TransportError) return error;
  const code = codeOf(error);
  const cause = { cause: error };
  if (DNS_FAULTS[code]) {
    return new TransportError("dns", `The name of ${peer} cannot be resolved. ${DNS_FAULTS[code]} (${code}).`, cause);
  }
  const certificate = CERTIFICATE_FAULTS[code];
  if (certificate) {
    return new TransportError("tls", `The certificate of ${peer} ${certificate} (${code}).`, cause);
  }
  const timeout = timeoutSentence(code, error, peer);
  if (timeout) return new TransportError("timeout", timeout, cause);
  const attempts = attemptsOf(error);
  const connect = CONNECT_FAULTS[code];
  if (connect) return new TransportError("connect", `${peer} ${connect} (${code}${attempts}).`, cause);
  if (code === "UND_ERR_PRX_CONN" || code === "UND_ERR_PRX_TLS") {
    return new TransportError("connect", `The outbound proxy cannot be used to reach ${peer} (${code}).`, cause);
  }
  const refusedByProxy = proxyStatus(error);
  if (refusedByProxy) {
    return new TransportError("connect", `The outbound proxy answered ${refusedByProxy} for ${peer}.`, cause);
  }
  if (code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS") || code === "EPROTO" || isCertificateCode(code)) {
    return new TransportError("tls", `No TLS connection to ${peer} could be made (${code}).`, cause);
  }
  if (code === "ABORT_ERR" || code === "UND_ERR_ABORTED") {
    return new TransportError("aborted", `The request to ${peer} was broken off here.`, cause);
  }
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH") {
    return new TransportError("bad-url", `This request to ${peer} cannot be sent (${code}).`, cause);
  }
  if (connecting) {
    return new TransportError(
      code === "ECONNRESET" ? "reset" : "connect",
      `No connection to ${peer} could be made${code ? ` (${code}${attempts})` : ""}.`,
      cause,
    );
  }
  if (code === "UND_ERR_HEADERS_OVERFLOW") {
    return new TransportError("reset", `${peer} sent a head of more than 16 KiB (${code}).`, cause);
  }
  if (code.startsWith("HPE_")) {
    return new TransportError("reset", `${peer} does not answer with HTTP (${code}).`, cause);
  }
  return new TransportError("reset", `${peer} broke the connection off${code ? ` (${code})` : ""}.`, cause);
}

function timeoutSentence(code: string, error: unknown, peer: string): string | null {
  if (code === "UND_ERR_CONNECT_TIMEOUT") return `No connection to ${peer} could be made in time.`;
  if (code === "UND_ERR_HEADERS_TIMEOUT") return `${peer} took the request but did not answer in time.`;
  if (code === "UND_ERR_BODY_TIMEOUT") return `${peer} fell silent in the middle of its answer.`;
  if (error instanceof Error && error.name === "TimeoutError") return `${peer} did not answer in time.`;
  return null;
}

/** OpenSSL's verification results are upper-case words that speak of a certificate, a CRL or an issuer. */
function isCertificateCode(code: string): boolean {
  return /CERT|CRL|ISSUER|^INVALID_CA$|^INVALID_PURPOSE$|^PATH_LENGTH/.test(code) && !code.startsWith("UND_");
}

function proxyStatus(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  return (
    /^Proxy (?:response \((\d{3})\)|Authentication Required \((407)\))/.exec(error.message)?.slice(1).find(Boolean) ??
    null
  );
}

/** The addresses that were tried one after the other, for an operator's eyes. */
function attemptsOf(error: unknown): string {
  const errors = error instanceof AggregateError ? error.errors : [error];
  const tried = errors.flatMap((each) => (hasAddress(each) ? [each.address] : []));
  return tried.length === 0 ? "" : ` at ${tried.join(", ")}`;
}

function hasAddress(value: unknown): value is { address: string } {
  return typeof value === "object" && value !== null && "address" in value && typeof value.address === "string";
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[error.errors.length - 1]);
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error && error.name === "AbortError" ? "ABORT_ERR" : "";
}
