import { type Exchange, objectIn } from "./http.test-helper.ts";
import { misfits } from "./openapi.test-helper.ts";

/** What a whole run of a federation left behind. */
export interface Evidence {
  traffic: Exchange[];
  /** Names of the servers that run the plugin. */
  ours: Set<string>;
  /** Everything that was logged or emitted as an event, by server. */
  told: Map<string, string[]>;
  /** Passwords, and whatever a test knows to be secret. */
  secrets: Set<string>;
}

/** What must hold for every flow, whatever it is about: one sentence for each fault. */
export function faultsIn(evidence: Evidence): string[] {
  const { traffic, ours } = evidence;
  const answered = (seen: Exchange) => seen.complete && ours.has(seen.server);
  return [
    ...toldSecrets(evidence),
    ...traffic.filter(answered).flatMap(refusalFaults),
    ...traffic.flatMap((seen) => misfits(seen, answered(seen))),
  ];
}

/** Secrets that were logged, or told to whoever listens to events. */
function toldSecrets({ traffic, told, secrets }: Evidence): string[] {
  const all = new Set([...secrets, ...traffic.flatMap(secretsOf)].filter((secret) => secret.length >= 8));
  const found: string[] = [];
  for (const [server, lines] of told) {
    const text = lines.join("\n");
    for (const secret of all) {
      if (!text.includes(secret)) continue;
      const line = lines.find((each) => each.includes(secret)) ?? "";
      found.push(`${server} told the secret ${secret}: ${line.slice(0, 500)}`);
    }
  }
  return found;
}

/** The names of fields that hold secrets. In JSON, `code` is that of an error; in a form it is a shared secret. */
const SECRET_FIELDS = new Set(["sharedSecret", "token", "access_token", "invite", "password"]);
const SECRET_PARAMETERS = new Set([...SECRET_FIELDS, "code"]);

function secretsOf({ path, requestHeaders, requestBody, responseBody }: Exchange): string[] {
  const credentials = String(requestHeaders.authorization ?? "").replace(/^\S+ /, "");
  const form = new URLSearchParams(requestBody.startsWith("{") ? "" : requestBody);
  const query = new URLSearchParams(path.split("?")[1] ?? "");
  return [
    credentials,
    ...secretFields(objectIn(requestBody)),
    ...secretFields(objectIn(responseBody)),
    ...[...form, ...query].filter(([name]) => SECRET_PARAMETERS.has(name)).map(([, value]) => value),
  ];
}

function secretFields(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === "string" ? (SECRET_FIELDS.has(name) ? [inner] : []) : secretFields(inner),
  );
}

/** A file name and line of code, as stacks have it. */
const STACK = /\.[cm]?[jt]s:\d+|\bnode:internal\b|node_modules|\n\s+at /;

/** A refusal has the form that is documented, and never a stack. Pages and WebDAV have forms of their own. */
function refusalFaults({ method, path, status, responseHeaders, responseBody, server }: Exchange): string[] {
  const place = `${method} ${path} (${status}) at ${server}`;
  if (status < 400) return [];
  if (STACK.test(responseBody)) return [`${place} shows code: ${responseBody.slice(0, 300)}`];
  // What is none of the plugin's business is answered by Koa.
  if (responseBody === "Not Found") return [];
  const requestId = String(responseHeaders["x-request-id"] ?? "");
  if (path.startsWith("/ocm/") && requestId === "") return [`${place} has no X-Request-Id`];
  if (!String(responseHeaders["content-type"]).startsWith("application/json")) return [];
  const body = objectIn(responseBody);
  const wanted =
    method === "POST" && path === "/ocm/token"
      ? ["error", "error_description"]
      : ["message", "code", "next", "requestId"];
  const missing = wanted.filter((field) => typeof body[field] !== "string" || body[field] === "");
  if (missing.length > 0) return [`${place} lacks ${missing.join(", ")}: ${responseBody.slice(0, 300)}`];
  return body.requestId === undefined || body.requestId === requestId ? [] : [`${place} has two request ids`];
}
