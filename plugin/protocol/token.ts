import { canonicalHost } from "./address.ts";
import { OcmError } from "./errors.ts";
import { isObject } from "./json.ts";

/** Error codes of OAuth 2.0 that the token endpoint may answer with (draft section 10.3). */
export type TokenErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "unauthorized_client"
  | "unsupported_grant_type";

const CODES: ReadonlySet<string> = new Set<TokenErrorCode>([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
]);

/** A refusal of the token endpoint, always with status 400 (draft section 10.3). The description may be shown to the peer. */
export class TokenError extends Error {
  readonly error: TokenErrorCode;
  readonly description: string;

  constructor(error: TokenErrorCode, description: string, options?: ErrorOptions) {
    super(`${error}: ${description}`, options);
    this.name = "TokenError";
    this.error = error;
    this.description = description;
  }
}

/** A token request (draft section 10.1). */
export interface TokenRequest {
  /** Canonical host[:port] of the Receiving Server. */
  clientId: string;
  /** The sharedSecret of the share. */
  code: string;
}

/** Reads the form that was posted to the token endpoint. Other parameters are ignored (TOK-06). @throws TokenError */
export function decodeTokenRequest(form: URLSearchParams): TokenRequest {
  if (single(form, "grant_type") !== "authorization_code") {
    throw new TokenError("unsupported_grant_type", "The grant_type has to be authorization_code.");
  }
  const client = single(form, "client_id");
  const code = single(form, "code");
  try {
    return { clientId: canonicalHost(client), code };
  } catch (cause) {
    throw new TokenError("invalid_request", "The client_id is not the host of a server.", { cause });
  }
}

/** Writes the form of a token request. */
export function encodeTokenRequest({ clientId, code }: TokenRequest): Record<string, string> {
  return { grant_type: "authorization_code", client_id: clientId, code };
}

/** A parameter without a value counts as missing (RFC 6749, section 3.2). */
function single(form: URLSearchParams, name: string): string {
  const [value, ...more] = form.getAll(name);
  if (more.length > 0) throw new TokenError("invalid_request", `The parameter ${name} is there more than once.`);
  if (value === undefined || value === "") throw new TokenError("invalid_request", `The parameter ${name} is missing.`);
  return value;
}

/** An access token and how many seconds it lives. */
export interface TokenGrant {
  accessToken: string;
  expiresIn: number;
}

/** Writes the body of a 200 (draft section 10.2). */
export function encodeTokenGrant({ accessToken, expiresIn }: TokenGrant): {
  access_token: string;
  token_type: "Bearer";
  expires_in: number;
} {
  return { access_token: accessToken, token_type: "Bearer", expires_in: expiresIn };
}

/** Writes the body of a 400 (draft section 10.3). */
export function encodeTokenError({ error, description }: TokenError): { error: string; error_description: string } {
  return { error, error_description: description };
}

/** Seconds that a token is used for when its server does not say how long it lives. */
export const DEFAULT_TOKEN_SECONDS = 60;

/**
 * Reads the body of a 200 of a token endpoint.
 * @throws OcmError peer-incompatible when there is no bearer token in it
 */
export function decodeTokenGrant(json: unknown): TokenGrant {
  const { access_token: accessToken, token_type: type, expires_in: expiresIn } = isObject(json) ? json : {};
  if (typeof accessToken !== "string" || !/^[\x21-\x7e]+$/.test(accessToken)) {
    throw new OcmError("peer-incompatible", { message: "The other server's token endpoint gave no access token." });
  }
  if (type !== undefined && (typeof type !== "string" || type.toLowerCase() !== "bearer")) {
    throw new OcmError("peer-incompatible", { message: "The other server's token is not a bearer token." });
  }
  const isNumber = typeof expiresIn === "number" || typeof expiresIn === "string";
  const seconds = isNumber ? Math.floor(Number(expiresIn)) : 0;
  return { accessToken, expiresIn: Number.isSafeInteger(seconds) && seconds > 0 ? seconds : DEFAULT_TOKEN_SECONDS };
}

/** A refusal of another server's token endpoint. */
export interface TokenRefusal {
  error: TokenErrorCode;
  description: string | null;
}

/**
 * Reads a refusal of a token endpoint: a 400, or a 401 or 403 as OAuth and older servers have it (G-26). Without a known code in the
 * body the status tells.
 * @returns null for any other status, which is no refusal but trouble
 */
export function decodeTokenRefusal(status: number, json: unknown): TokenRefusal | null {
  const byStatus = REFUSALS.get(status);
  if (byStatus === undefined) return null;
  const { error, error_description: description } = isObject(json) ? json : {};
  return {
    error: isCode(error) ? error : byStatus,
    description: typeof description === "string" && description !== "" ? description : null,
  };
}

const REFUSALS: ReadonlyMap<number, TokenErrorCode> = new Map([
  [400, "invalid_request"],
  [401, "invalid_client"],
  [403, "unauthorized_client"],
]);

function isCode(value: unknown): value is TokenErrorCode {
  return typeof value === "string" && CODES.has(value);
}
