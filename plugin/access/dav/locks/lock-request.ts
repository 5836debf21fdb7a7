import type { Lock } from "../../../ports/records.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { type DavRequest, depthOf, header } from "../request.ts";
import { childrenOf, davChild, textOf, type XmlElement } from "../xml/xml-body-elements.ts";
import { standaloneContent } from "../xml/xml-body-writer.ts";

/** Seconds that a lock lasts, if nothing else is asked for and at most. */
const DEFAULT_TIMEOUT = 600;
const LONGEST_TIMEOUT = 3600;

/** Of what a client says about itself, in characters. All locks of a tree are read with each request that changes something. */
const OWNER_LIMIT = 4096;

/** What an element `lockinfo` asks for. */
export interface LockInfo extends Pick<Lock, "scope" | "owner"> {
  /** A token of the client's own choosing, which deployed servers send. */
  token: string | undefined;
}

/** Reads the body of a LOCK (RFC 4918 section 14.11). @throws OcmError bad-request, too-large for a long owner */
export function parseLockInfo(root: XmlElement): LockInfo {
  if (root.namespace !== "DAV:" || root.name !== "lockinfo") throw invalid("The body is not a DAV: lockinfo.");
  const type = davChild(root, "locktype");
  if (type !== undefined && davChild(type, "write") === undefined) throw invalid("There are only write locks.");
  const scopes = childrenOf(davChild(root, "lockscope") ?? root).filter(
    ({ namespace, name }) => namespace === "DAV:" && (name === "exclusive" || name === "shared"),
  );
  const [scope] = scopes;
  if (scope === undefined || scopes.length > 1) throw invalid("The lockscope has to be exclusive or shared.");
  const ownerElement = davChild(root, "owner");
  const owner = ownerElement === undefined ? "" : standaloneContent(ownerElement).trim();
  if (owner.length > OWNER_LIMIT) throw new OcmError("too-large", { message: "The owner of the lock is too long." });
  return { scope: scope.name === "shared" ? "shared" : "exclusive", owner, token: chosenToken(root) };
}

/** Such that it can stand in an If and a Lock-Token header, with or without angle brackets. */
const TOKEN = /^(?!dav:)[\x21-\x27\x2a-\x3b\x3d\x3f-\x5a\x5c\x5e-\x7e]{1,512}$/i;

function chosenToken(root: XmlElement): string | undefined {
  const element = davChild(root, "locktoken");
  if (element === undefined) return undefined;
  const token = textOf(davChild(element, "href") ?? element).trim();
  if (token === "") return undefined;
  if (!TOKEN.test(token)) throw invalid("The lock token cannot be used.");
  return token;
}

/** The field Depth of a LOCK (RFC 4918 section 9.10.3). @throws OcmError bad-request */
export function lockDepth(request: DavRequest): Lock["depth"] {
  const depth = depthOf(request) ?? "infinity";
  if (depth !== "0" && depth !== "infinity") throw invalid("Depth has to be 0 or infinity.");
  return depth;
}

/** Seconds that are granted: the first of the wishes that can be read, within bounds (RFC 4918 section 10.7). */
export function lockTimeout(request: DavRequest, otherwise = DEFAULT_TIMEOUT): number {
  for (const wish of header(request, "timeout")?.split(",") ?? []) {
    const [, seconds] = /^\s*(?:second-(\d+)|infinite)\s*$/i.exec(wish) ?? [undefined, undefined];
    if (seconds !== undefined) return Math.min(Math.max(Number(seconds), 1), LONGEST_TIMEOUT);
    if (/^\s*infinite\s*$/i.test(wish)) return LONGEST_TIMEOUT;
  }
  return otherwise;
}

/** The token of an UNLOCK (RFC 4918 section 10.5); some clients leave the angle brackets out. @throws OcmError bad-request */
export function unlockToken(request: DavRequest): string {
  const [, token] = /^<?([^<>\s]+)>?$/.exec(header(request, "lock-token")?.trim() ?? "") ?? [];
  if (token === undefined) throw invalid("Lock-Token has to name one token.");
  return token;
}

function invalid(message: string): OcmError {
  return new OcmError("bad-request", { message });
}
