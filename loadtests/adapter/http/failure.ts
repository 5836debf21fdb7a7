/** A request that brought no answer: the words and the number that k6 gives to it. */
export interface Failure {
  error: string;
  code: number;
}

/** @see https://grafana.com/docs/k6/latest/javascript-api/error-codes/ */
const CODES: Record<string, number> = {
  ENOTFOUND: 1101,
  EAI_AGAIN: 1100,
  EPIPE: 1201,
  ECONNREFUSED: 1212,
  ETIMEDOUT: 1211,
  ECONNRESET: 1220,
  UND_ERR_SOCKET: 1220,
  UND_ERR_CONNECT_TIMEOUT: 1211,
  ERR_INVALID_URL: 1020,
  DEPTH_ZERO_SELF_SIGNED_CERT: 1310,
  SELF_SIGNED_CERT_IN_CHAIN: 1310,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 1310,
  ERR_TLS_CERT_ALTNAME_INVALID: 1311,
};
const ANY = 1000;
export const TIMED_OUT: Failure = { error: "request timeout", code: 1050 };

export function failureOf(error: unknown): Failure {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const { code, message } =
    inner instanceof Error ? (inner as NodeJS.ErrnoException) : { code: "", message: String(inner) };
  return { error: message, code: CODES[code ?? ""] ?? ANY };
}
