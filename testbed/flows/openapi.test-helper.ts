import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import { parse } from "yaml";
import { type Exchange, objectIn } from "./http.test-helper.ts";

/** The draft's OpenAPI document lies beside the repository, where there is a shared folder; a clone of a user has none. */
const DOCUMENT = new URL("../../../shared/spec/ocm-api-1.4.0.openapi.yaml", import.meta.url);

export const hasOpenapi = existsSync(fileURLToPath(DOCUMENT));

/** What the plugin's own requests are recognised by. */
const OURS = "koa-ocm";
const PREFIX = "/ocm";

/** Paths of the document, by their path on the wire. The token endpoint has schemas there, but no path. */
const PATHS: Record<string, string> = {
  [`POST ${PREFIX}/shares`]: "/shares",
  [`POST ${PREFIX}/notifications`]: "/notifications",
  [`POST ${PREFIX}/invite-accepted`]: "/invite-accepted",
  [`POST ${PREFIX}/request-share`]: "/request-share",
  "GET /.well-known/ocm": "/.well-known/ocm",
};
const TOKEN = `POST ${PREFIX}/token`;

/** OAuth's error codes as section 10.3 of the draft and the description of `tokenEndPoint` have them. */
const TOKEN_ERROR = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      enum: ["invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"],
    },
  },
};

interface Validator {
  /** What is wrong with a JSON value, or null. `schema` is a path in the document. */
  against(schema: string[], value: unknown): string | null;
  tokenError(value: unknown): string | null;
  has(schema: string[]): boolean;
}

let validator: Validator | undefined;

/**
 * What of an exchange does not fit the OpenAPI document: requests that the plugin sent, whoever got them, and answers that it gave,
 * whoever asked.
 * @param isOurs is the answer that of a server of ours, and complete?
 */
export function misfits(seen: Exchange, isOurs: boolean): string[] {
  if (!hasOpenapi) return [];
  validator ??= openValidator();
  const place = `${seen.method} ${seen.path.split("?")[0]}`;
  const found: (string | null)[] = [];
  const sentByUs = String(seen.requestHeaders["user-agent"] ?? "").startsWith(OURS);
  if (place === TOKEN) {
    if (sentByUs) found.push(validator.against(["components", "schemas", "TokenRequest"], formOf(seen.requestBody)));
    if (isOurs) found.push(tokenAnswer(validator, seen));
  }
  const path = PATHS[place];
  if (path !== undefined) {
    const method = seen.method.toLowerCase();
    const request = ["paths", path, method, "requestBody", "content", "application/json", "schema"];
    if (sentByUs && method === "post") found.push(validator.against(request, JSON.parse(seen.requestBody)));
    if (isOurs) found.push(answer(validator, ["paths", path, method, "responses"], seen));
  }
  return found
    .filter((fault) => fault !== null)
    .map((fault) => `${place} (${seen.status}) at ${seen.server}: ${fault}`);
}

function answer(checks: Validator, responses: string[], seen: Exchange): string | null {
  const listed = [...responses, String(seen.status)];
  const schema = [...listed, "content", "application/json", "schema"];
  if (seen.status === 503 && seen.responseHeaders["retry-after"] === undefined) return "503 without Retry-After (Y-19)";
  if (checks.has(schema)) return checks.against(schema, objectIn(seen.responseBody));
  if (checks.has(listed) || seen.status === 304) return null;
  // Statuses of HTTP itself, and 401 and 409 where the document forgot them: its general form of an error (Y-18).
  return checks.against(["components", "schemas", "Error"], objectIn(seen.responseBody));
}

function tokenAnswer(checks: Validator, seen: Exchange): string | null {
  const body = objectIn(seen.responseBody);
  if (seen.status === 200) return checks.against(["components", "schemas", "TokenResponse"], body);
  return checks.tokenError(body);
}

function formOf(body: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(body));
}

function openValidator(): Validator {
  const document: unknown = parse(readFileSync(DOCUMENT, "utf8"));
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  // A host may have a port (G-04).
  ajv.addFormat("fqdn", /^[a-z0-9.-]+(?::\d+)?$/);
  ajv.addSchema(document as object, "ocm");
  const compiled = new Map<string, ValidateFunction>();
  const compile = (pointer: string) => {
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `ocm#${pointer}` });
    compiled.set(pointer, known);
    return known;
  };
  const oauth = ajv.compile(TOKEN_ERROR);
  const faults = (check: ValidateFunction, value: unknown) => (check(value) ? null : ajv.errorsText(check.errors));
  return {
    against: (schema, value) => faults(compile(pointerOf(schema)), value),
    tokenError: (value) => faults(oauth, value),
    has: (schema) => valueAt(document, schema) !== undefined,
  };
}

function pointerOf(path: string[]): string {
  return path.map((name) => `/${encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"))}`).join("");
}

function valueAt(document: unknown, path: string[]): unknown {
  let value = document;
  for (const name of path) value = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return value;
}
