import type { HostEntry } from "../../../ports/host.ts";
import type { Lock, LockSet } from "../../../ports/records.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { escapeXml } from "../../xml.ts";
import { entityTag } from "../preconditions.ts";
import { type DavDeps, type DavRequest, header, isOrigin } from "../request.ts";
import { resolveNode, statNode, versioned } from "../share-node.ts";
import { encodeSharePath } from "../share-path.ts";
import { type Change, locksInTheWay } from "./held-places.ts";
import { type IfList, ifHolds, parseIf, type ResourceState, submittedTokens } from "./if-header.ts";
import { HREFS_LIMIT, lockTokenNeeded } from "./lock-errors.ts";
import { isWithin, type LiveLocks, locksCovering } from "./lock-set.ts";
import { dropLocks, type LockDeps, readLocks } from "./lock-store.ts";

export type { Change };

/** The content of DAV:supportedlock (RFC 4918 section 15.10). */
export const SUPPORTED_LOCK: string = ["exclusive", "shared"]
  .map(
    (scope) => `<d:lockentry><d:lockscope><d:${scope}/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockentry>`,
  )
  .join("");

/**
 * Lets a request go on that changes something: its If header holds (RFC 4918 section 10.4), and whatever it changes is unlocked or locked
 * by who is asking, with the token submitted (section 7). Of several shared locks one's own is enough. The locks are read once.
 * @throws OcmError bad-request for an If header that cannot be read, precondition-failed where it does not hold
 * @throws DavError locked
 */
export async function mayChange(request: DavRequest, deps: DavDeps, changes: readonly Change[]): Promise<void> {
  const locks = await readLocks(deps);
  const tokens = await conditionsHold(request, deps, locks, changes);
  if (locks === undefined || locks.locks.length === 0) return;
  const usable = (lock: Lock) => lock.principal === deps.principal && tokens.has(lock.token);
  const inTheWay = changes.flatMap((change) => locksInTheWay(change, locks, usable, HREFS_LIMIT));
  const paths = new Set(inTheWay.map(({ path }) => path));
  if (paths.size > 0) throw lockTokenNeeded([...paths].slice(0, HREFS_LIMIT).map((path) => hrefOf(deps, path)));
}

/**
 * Evaluates the If header of a request that changes nothing that is there; without one nothing is read. `entry` is what is at the
 * request URI, where the caller has looked.
 * @returns the tokens that it submits
 * @throws OcmError bad-request, precondition-failed
 */
export async function checkIf(request: DavRequest, deps: DavDeps, entry?: HostEntry): Promise<ReadonlySet<string>> {
  if (header(request, "if") === undefined) return new Set();
  const { path } = resolveNode(deps, request.path);
  return conditionsHold(request, deps, await readLocks(deps), [{ path, entry }]);
}

/** The locks of the tree that have not expired, for `lockDiscovery`; undefined where there has never been one. */
export function locksOf(deps: DavDeps): Promise<LiveLocks | undefined> {
  return readLocks(deps);
}

/**
 * The content of DAV:lockdiscovery (RFC 4918 section 15.8) for a path, one's own locks first. A token is shown only to who took the lock.
 */
export function lockDiscovery(deps: DavDeps, path: string, lockSet: LockSet): string {
  const covering = locksCovering(lockSet, path);
  const own = covering.filter(({ principal }) => principal === deps.principal);
  const others = covering.filter(({ principal }) => principal !== deps.principal);
  return (
    own.map((lock) => activeLock(deps, lock, true)).join("") +
    others.map((lock) => activeLock(deps, lock, false)).join("")
  );
}

/** Drops the locks of a path that was moved away or removed, and of everything below it: locks stay behind (RFC 4918 section 7.5). */
export async function locksMoved(deps: LockDeps, from: string): Promise<void> {
  await dropLocks(deps, ({ path }) => isWithin(path, from));
}

/** The address of a path for clients. What lies outside of the share has none; its own address stands for it. */
export function hrefOf(deps: Pick<DavDeps, "share" | "base">, path: string): string {
  const { share, base } = deps;
  if (share.resourceType === "file" || !isWithin(path, share.path)) return base;
  const below = share.path === "/" ? path : path.slice(share.path.length);
  return base + encodeSharePath(below.split("/").filter((segment) => segment !== ""));
}

async function conditionsHold(
  request: DavRequest,
  deps: DavDeps,
  locks: LiveLocks | undefined,
  changes: readonly Change[],
): Promise<ReadonlySet<string>> {
  const value = header(request, "if");
  const lists = value === undefined ? [] : parseIf(value);
  if (value !== undefined && !(await ifHolds(lists, statesOf(request, deps, locks, changes, lists)))) {
    throw new OcmError("precondition-failed", { message: "The If header does not hold." });
  }
  const tokens = submittedTokens(lists);
  // A deployed server names its lock here when it writes; mostly it names none (`<>`).
  const [, token] = /^<([^<>\s]+)>$/.exec(header(request, "lock-token")?.trim() ?? "") ?? [];
  if (token !== undefined) tokens.add(token);
  return tokens;
}

/** Each resource that is named may cost a look at the host's files. */
const RESOURCES_LIMIT = 100;

/** Looks up what an If header speaks of, each resource once. What is not in this share has no state. */
function statesOf(
  request: DavRequest,
  deps: DavDeps,
  locks: LiveLocks | undefined,
  changes: readonly Change[],
  lists: readonly IfList[],
): (resource: string | undefined) => ResourceState {
  if (new Set(lists.map(({ resource }) => resource)).size > RESOURCES_LIMIT) {
    throw new OcmError("bad-request", { message: "The If header names too many resources." });
  }
  const known = new Map<string, ResourceState>();
  return (resource) => {
    const path = resource === undefined ? resolveNode(deps, request.path).path : taggedPath(deps, resource);
    if (path === undefined) return NO_STATE;
    const state = known.get(path) ?? stateOf(deps, locks, path, changes);
    known.set(path, state);
    return state;
  };
}

const NO_STATE: ResourceState = { tokens: new Set(), etag: async () => undefined };

function stateOf(deps: DavDeps, locks: LiveLocks | undefined, path: string, changes: readonly Change[]): ResourceState {
  const covering = locks === undefined ? [] : locksCovering(locks, path);
  let tag: Promise<string | undefined> | undefined;
  return {
    tokens: new Set(covering.map(({ token }) => token)),
    etag() {
      tag ??= tagOf(deps, path, changes);
      return tag;
    },
  };
}

async function tagOf(deps: DavDeps, path: string, changes: readonly Change[]): Promise<string | undefined> {
  const change = changes.find((candidate) => candidate.path === path);
  if (change?.entry?.type === "file") return entityTag(change.entry);
  // The entity tag of a folder covers what is below it; who asks may not have looked that up.
  const node = { path, href: "", isRoot: path === deps.share.path, hasSlash: false };
  const entry = await statNode(deps, node);
  return entry && entityTag(await versioned(deps, path, entry));
}

/** The path that a resource tag names, undefined where that is not in this share. */
function taggedPath(deps: DavDeps, resource: string): string | undefined {
  const [, origin, path = ""] = /^([a-z][a-z\d+.-]*:\/\/[^/?#]*)?(\/[^?#]*)$/i.exec(resource) ?? [];
  if (origin !== undefined && !isOrigin(origin, deps.origin)) return undefined;
  if (path !== deps.base && !path.startsWith(`${deps.base}/`)) return undefined;
  try {
    return resolveNode(deps, path.slice(deps.base.length)).path;
  } catch {
    return undefined;
  }
}

function activeLock(deps: DavDeps, lock: Lock, showToken: boolean): string {
  const seconds = Math.max(0, Math.ceil((lock.expiresAt - deps.system.now()) / 1000));
  const owner = lock.owner === "" ? "" : `<d:owner>${lock.owner}</d:owner>`;
  const token = showToken ? `<d:locktoken><d:href>${escapeXml(lock.token)}</d:href></d:locktoken>` : "";
  return (
    `<d:activelock><d:locktype><d:write/></d:locktype><d:lockscope><d:${lock.scope}/></d:lockscope><d:depth>${lock.depth}</d:depth>` +
    `${owner}<d:timeout>Second-${seconds}</d:timeout>${token}` +
    `<d:lockroot><d:href>${escapeXml(hrefOf(deps, lock.path))}</d:href></d:lockroot></d:activelock>`
  );
}
