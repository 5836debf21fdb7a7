import { type Fields, innerFields, isPresent, optionalCount, optionalText, optionalTexts, wrong } from "./fields.ts";
import { isObject, textsOf } from "./json.ts";
import { resourceUriProblem } from "./resource-uri.ts";
import type { ShareNotice, WebdavOffer } from "./share.ts";

type Offers = Pick<ShareNotice, "webdav" | "otherProtocols">;
type Permission = WebdavOffer["permissions"][number];

const NOTHING: Offers = { webdav: null, otherProtocols: [] };

/**
 * Reads `protocol` in its three forms (draft section 6.1). Whatever `name` says, the object of a protocol comes first and `options`
 * second (G-41).
 */
export function readProtocol(share: Fields): Offers {
  if (!isPresent(share, "protocol")) {
    wrong(share, "protocol", "REQUIRED");
    return NOTHING;
  }
  if (!isObject(share.object.protocol)) {
    wrong(share, "protocol", "NOT_AN_OBJECT");
    return NOTHING;
  }
  const protocol = innerFields(share, "protocol", share.object.protocol);
  const name = optionalText(protocol, "name") ?? "multi";
  const options = isObject(protocol.object.options) ? innerFields(protocol, "options", protocol.object.options) : null;

  const otherProtocols = Object.keys(protocol.object).filter((key) => isOther(key) && isObject(protocol.object[key]));
  if (isOther(name) && !otherProtocols.includes(name)) otherProtocols.push(name);

  if (isPresent(protocol, "webdav")) {
    if (isObject(protocol.object.webdav)) {
      return { webdav: readWebdav(innerFields(protocol, "webdav", protocol.object.webdav), options), otherProtocols };
    }
    wrong(protocol, "webdav", "NOT_AN_OBJECT");
  } else if (options !== null && (name === "webdav" || (name === "multi" && isPresent(options, "sharedSecret")))) {
    return { webdav: readOptions(options), otherProtocols };
  } else if (otherProtocols.length === 0) {
    wrong(protocol, "webdav", "REQUIRED");
  }
  return { webdav: null, otherProtocols };
}

function isOther(protocol: string): boolean {
  return protocol !== "name" && protocol !== "options" && protocol !== "multi" && protocol !== "webdav";
}

/** Forms 2 and 3. oCIS 7 writes `url`, the OCM stub `URI`; a secret may be in `options` alone. */
function readWebdav(webdav: Fields, options: Fields | null): WebdavOffer | null {
  const uri = optionalText(webdav, "uri") ?? optionalText(webdav, "url") ?? optionalText(webdav, "URI");
  const optionsSecret = options === null ? null : readSecret(options);
  if (uri === null && options !== null && optionsSecret !== null) return readOptions(options);

  const sharedSecret = readSecret(webdav) ?? optionsSecret;
  if (uri === null && !isPresent(webdav, "uri")) wrong(webdav, "uri", "REQUIRED");
  if (uri !== null && resourceUriProblem(uri) !== null) wrong(webdav, "uri", "NOT_A_USABLE_URI");
  if (sharedSecret === null && !isPresent(webdav, "sharedSecret")) wrong(webdav, "sharedSecret", "REQUIRED");
  return usable({
    uri,
    sharedSecret: sharedSecret ?? "",
    permissions: readPermissions(webdav),
    requirements: readRequirements(webdav),
    size: optionalCount(webdav, "size"),
    form: "object",
  });
}

/** Form 1: the prefix of the sender's discovery is the resource, and the secret chooses the share. */
function readOptions(options: Fields): WebdavOffer | null {
  const sharedSecret = readSecret(options);
  if (!isPresent(options, "sharedSecret")) wrong(options, "sharedSecret", "REQUIRED");
  return usable({
    uri: null,
    sharedSecret: sharedSecret ?? "",
    permissions: knownPermissions(options.object.permissions),
    requirements: readRequirements(options),
    size: null,
    form: "options",
  });
}

/** A secret is sent back in a header field, so it has to fit into one. */
function readSecret(fields: Fields): string | null {
  const secret = optionalText(fields, "sharedSecret");
  if (secret !== null && !/^[\x21-\x7e]+$/.test(secret)) wrong(fields, "sharedSecret", "NOT_VISIBLE_ASCII");
  return secret;
}

const PERMISSIONS: readonly Permission[] = ["read", "write", "share"];

function readPermissions(webdav: Fields): Permission[] {
  const { permissions } = webdav.object;
  const isOddForm = typeof permissions === "string" || isObject(permissions);
  if (!isOddForm) optionalTexts(webdav, "permissions");
  return knownPermissions(permissions);
}

/**
 * The permissions that are known, in the draft's order. They come as a list, as one text ("read,write"), or as an object of switches.
 * Where nothing can be told, `read` is the least that a share gives (G-40); the sender enforces its own rules anyway.
 */
function knownPermissions(value: unknown): Permission[] {
  const named = new Set(namesIn(value));
  const known = PERMISSIONS.filter((permission) => named.has(permission));
  return known.length === 0 ? ["read"] : known;
}

function namesIn(value: unknown): string[] {
  if (typeof value === "string") return value.split(/[\s,]+/);
  const list = textsOf(value);
  if (list !== undefined) return list;
  return isObject(value) ? Object.keys(value).filter((key) => value[key] === true) : [];
}

const KNOWN_REQUIREMENTS = new Set(["must-exchange-token", "must-use-mfa"]);
/** API 1.2 and older. */
const REQUIREMENT_ALIASES = new Map([["mfa-enforced", "must-use-mfa"]]);

function readRequirements(fields: Fields): string[] {
  const requirements = optionalTexts(fields, "requirements") ?? [];
  return [...new Set(requirements.map((requirement) => REQUIREMENT_ALIASES.get(requirement) ?? requirement))];
}

/** What is not understood cannot be met, so the protocol is not usable (G-13). */
function usable(offer: WebdavOffer): WebdavOffer | null {
  return offer.requirements.every((requirement) => KNOWN_REQUIREMENTS.has(requirement)) ? offer : null;
}
