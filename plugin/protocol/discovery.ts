import { OcmError } from "./errors.ts";
import { isObject, type JsonObject, textsOf } from "./json.ts";
import type { PeerProfile, ResourceTypeOffer } from "./profile.ts";
import { withoutEndSlashes, withoutOuterSlashes } from "./slashes.ts";

/** Older names, written as they are once the slashes are gone (G-58). Paths of the API were capabilities once. */
const CAPABILITY_ALIASES = new Map([
  ["http-request-signatures", "http-sig"],
  ["invite", "invites"],
  ["invite-accepted", "invites"],
  ["mfa-capable", "enforce-mfa"],
]);
const CRITERION_ALIASES = new Map([
  ["http-request-signatures", "must-use-http-sig"],
  ["invite", "must-invite"],
]);

/**
 * Reads a discovery document (draft section 5.3). A required field that is missing or of another type is a failed discovery (G-55);
 * what is optional and of no use counts as absent.
 * @param host canonical host[:port] that was asked
 * @param origin scheme, host and port that answered; relative addresses start there, and behind https nothing is http
 * @throws OcmError peer-incompatible, with a sentence that names all that is missing
 */
export function decodeDiscovery(json: unknown, host: string, origin: string): PeerProfile {
  const problems: string[] = [];
  const document = isObject(json) ? json : {};
  if (!isObject(json)) problems.push("it is not a JSON object");
  if (typeof document.enabled !== "boolean") problems.push(missing(document, "enabled", "true or false"));
  // A server that is switched off need not say where it would be.
  const enabled = document.enabled !== false;

  const apiVersion = textOf(document.apiVersion) ?? textOf(document.version);
  if (enabled && apiVersion === null) problems.push(missing(document, "apiVersion", "a text"));

  const endPoint = urlOf(document.endPoint, origin);
  const isBase = endPoint !== null && !endPoint.includes("?");
  if (enabled && !isBase) {
    problems.push(missing(document, "endPoint", origin.startsWith("https:") ? "an https URL" : "a URL"));
  }

  const resourceTypes = resourceTypesOf(document);
  if (enabled && resourceTypes === null) problems.push(missing(document, "resourceTypes", "a list"));

  if (problems.length > 0) {
    throw new OcmError("peer-incompatible", {
      message: `The discovery document of ${host} cannot be used: ${problems.join("; ")}.`,
    });
  }
  return {
    host,
    enabled,
    apiVersion: apiVersion ?? "",
    endPoint: isBase ? withoutEndSlashes(endPoint) : "",
    provider: textOf(document.provider),
    resourceTypes: resourceTypes ?? [],
    capabilities: namesOf(document.capabilities, CAPABILITY_ALIASES),
    criteria: namesOf(document.criteria, CRITERION_ALIASES),
    tokenEndPoint: urlOf(document.tokenEndPoint, origin),
    jwksUri: urlOf(document.jwksUri, origin),
    inviteAcceptDialog: dialogOf(document.inviteAcceptDialog, origin),
  };
}

/** What this server says of itself. */
export interface DiscoveryOffer {
  /** Name of this server for people. */
  provider: string;
  /** Absolute URL of the OCM API. */
  endPoint: string;
  /** Path prefix of shared resources, with slashes at both ends. */
  webdav: string;
  capabilities: readonly string[];
  criteria: readonly string[];
  /** Absolute URLs. */
  tokenEndPoint: string;
  jwksUri: string;
  /** Path of the page on which an invite is accepted, if there is one. */
  inviteAcceptDialog: string | null;
}

/**
 * Writes our own discovery document (draft section 5.3). We accept relative and absolute addresses of shares; `relative` is what we ask
 * for, because one deployed sender builds a wrong absolute one (G-39).
 */
export function encodeDiscovery(offer: DiscoveryOffer): JsonObject {
  const resourceType = (name: string): JsonObject => ({
    name,
    shareTypes: ["user"],
    protocols: { webdav: offer.webdav, "webdav-receive": { uri: "relative" } },
  });
  return {
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: offer.endPoint,
    provider: offer.provider,
    resourceTypes: [resourceType("file"), resourceType("folder")],
    capabilities: [...offer.capabilities],
    criteria: [...offer.criteria],
    ...(offer.inviteAcceptDialog === null ? {} : { inviteAcceptDialog: offer.inviteAcceptDialog }),
    tokenEndPoint: offer.tokenEndPoint,
    jwksUri: offer.jwksUri,
  };
}

function missing(document: Record<string, unknown>, field: string, kind: string): string {
  return document[field] === undefined ? `${field} is missing` : `${field} is not ${kind}`;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** An absolute URL, also from a path on the origin; null when it is none, or when it is http behind https. */
function urlOf(value: unknown, origin: string): string | null {
  const url = textOf(value) === null ? null : URL.parse(String(value), origin);
  if (url === null || url.username !== "" || url.password !== "" || url.hash !== "") return null;
  const isAllowed = url.protocol === "https:" || (url.protocol === "http:" && origin.startsWith("http:"));
  return isAllowed ? url.href : null;
}

/** A page of another origin is refused: the person trusts the server that was chosen (G-59). */
function dialogOf(value: unknown, origin: string): string | null {
  const url = urlOf(value, origin);
  return url !== null && URL.parse(url)?.origin === URL.parse(origin)?.origin ? url : null;
}

/** ownCloud 10 calls the list `shareTypes`; Seafile sends one object instead of a list. Items without a name are of no use. */
function resourceTypesOf(document: Record<string, unknown>): ResourceTypeOffer[] | null {
  const { resourceTypes = document.shareTypes } = document;
  const isOne = isObject(resourceTypes) && typeof resourceTypes.name === "string";
  const items = isOne ? [resourceTypes] : isObject(resourceTypes) ? Object.values(resourceTypes) : resourceTypes;
  if (!Array.isArray(items)) return null;
  return items.filter(isObject).flatMap((item) => {
    const name = textOf(item.name);
    const offer = {
      shareTypes: textsOf(item.shareTypes) ?? ["user"],
      protocols: isObject(item.protocols) ? item.protocols : {},
    };
    return name === null ? [] : [{ name, ...offer }];
  });
}

function namesOf(value: unknown, aliases: ReadonlyMap<string, string>): string[] {
  const items = isObject(value) ? Object.values(value) : value;
  if (!Array.isArray(items)) return [];
  const names = items
    .filter((item) => typeof item === "string")
    .map((item) => withoutOuterSlashes(item).toLowerCase())
    .filter((item) => item !== "");
  return [...new Set(names.map((name) => aliases.get(name) ?? name))];
}
