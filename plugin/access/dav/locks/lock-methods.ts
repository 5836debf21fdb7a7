import { Readable } from "node:stream";
import { type HostEntry, HostFileError } from "../../../ports/host.ts";
import type { Lock } from "../../../ports/records.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { changed } from "../../changes/folder-versions.ts";
import { parentOf } from "../../tree-paths.ts";
import { escapeXml } from "../../xml.ts";
import { hostRefusal, XML_TYPE } from "../error-reply.ts";
import { checkPreconditions } from "../preconditions.ts";
import { type DavDeps, type DavReply, type DavRequest, header } from "../request.ts";
import { readRequestBody } from "../request-body.ts";
import { resolveNode, type ShareNode, statNode } from "../share-node.ts";
import { parseXml } from "../xml/xml-body.ts";
import type { XmlElement } from "../xml/xml-body-elements.ts";
import { condition, conflictingLock, tokenMatchesNothing } from "./lock-errors.ts";
import { lockDepth, lockTimeout, parseLockInfo, unlockToken } from "./lock-request.ts";
import { conflicting, covers, type LiveLocks, liveLocks } from "./lock-set.ts";
import { editLocks } from "./lock-store.ts";
import { checkIf, hrefOf, lockDiscovery, mayChange } from "./locks.ts";

/** All locks of a tree are one record, which is read with each request that changes something. */
const LOCKS_LIMIT = 10_000;
/** Of one share or program: what many locks cost, everybody who writes to the tree pays. */
const OWN_LIMIT = 1_000;
/** Characters of paths, owners, tokens and principals, in a tree and of one share or program. */
const CHARACTERS_LIMIT = 2_097_152;
const OWN_CHARACTERS_LIMIT = 262_144;

/**
 * LOCK (RFC 4918 section 9.10): takes a lock, on an address where nothing is by making an empty file there, or refreshes one where the
 * body is empty. Prefixes that the body does not declare stand for DAV:, and the client may choose the token, because deployed servers do.
 */
export async function lock(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const root = parseXml(await readRequestBody(request, deps), { undeclared: "DAV:" });
  const node = resolveNode(deps, request.path);
  return root === undefined ? refresh(request, deps, node) : take(request, deps, node, root);
}

/** UNLOCK (RFC 4918 section 9.11). */
export async function unlock(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const token = unlockToken(request);
  const { path } = resolveNode(deps, request.path);
  await checkIf(request, deps);
  await editLocks(deps, ({ locks }) => {
    const named = locks.filter((lock) => lock.token === token && covers(lock, path));
    if (named.length === 0) throw tokenMatchesNothing("conflict");
    const own = named.find(({ principal }) => principal === deps.principal);
    if (own === undefined) throw notYours();
    return { locks: locks.filter((lock) => lock !== own), result: undefined };
  });
  return { status: 204, headers: {}, body: null };
}

async function take(request: DavRequest, deps: DavDeps, node: ShareNode, root: XmlElement): Promise<DavReply> {
  const { scope, owner, token } = parseLockInfo(root);
  const depth = lockDepth(request);
  const timeout = lockTimeout(request);
  const { path } = node;
  const entry = await statNode(deps, node);
  if (entry === undefined) await mayCreate(request, deps, node);
  else await checkIf(request, deps, entry);
  checkPreconditions(request, entry);
  const outcome = await editLocks(deps, (live, now) => {
    const wanted: Lock = {
      token: token ?? newToken(deps),
      path,
      depth,
      scope,
      owner,
      principal: deps.principal,
      timeout,
      expiresAt: now + timeout * 1000,
    };
    return decide(live, wanted, token !== undefined);
  });
  if ("conflicts" in outcome) return refuse(deps, path, outcome.conflicts);
  const created = entry === undefined && (await createEmpty(deps, path, outcome.lock));
  return reply(deps, path, outcome.live, created ? 201 : 200, { "lock-token": `<${outcome.lock.token}>` });
}

type Outcome = { lock: Lock; live: LiveLocks } | { conflicts: Lock[] };

/** Who locks again with the same token of their own choosing refreshes. */
function decide(live: LiveLocks, wanted: Lock, chosen: boolean): { locks: Lock[]; result: Outcome } {
  const same = chosen
    ? live.locks.find(({ token, principal }) => token === wanted.token && principal === wanted.principal)
    : undefined;
  if (same !== undefined && (same.path !== wanted.path || same.scope !== wanted.scope || same.depth !== wanted.depth)) {
    throw new OcmError("conflict", { message: "This lock token is in use for another lock." });
  }
  const others = live.locks.filter((lock) => lock !== same);
  const conflicts = conflicting(others, wanted);
  if (conflicts.length > 0) return { locks: live.locks, result: { conflicts } };
  const locks = [...others, wanted];
  const own = locks.filter(({ principal }) => principal === wanted.principal);
  const tooMany = locks.length > LOCKS_LIMIT || own.length > OWN_LIMIT;
  if (tooMany || charactersOf(locks) > CHARACTERS_LIMIT || charactersOf(own) > OWN_CHARACTERS_LIMIT) {
    throw new OcmError("no-space", { message: "There are too many locks." });
  }
  return { locks, result: { lock: wanted, live: liveLocks({ ...live, locks }, 0) } };
}

function charactersOf(locks: readonly Lock[]): number {
  return locks.reduce(
    (sum, { path, owner, token, principal }) => sum + path.length + owner.length + token.length + principal.length,
    0,
  );
}

async function refresh(request: DavRequest, deps: DavDeps, node: ShareNode): Promise<DavReply> {
  if (header(request, "if") === undefined) {
    throw new OcmError("bad-request", { message: "A LOCK without a body needs an If header with the lock token." });
  }
  const tokens = await checkIf(request, deps);
  const live = await editLocks(deps, (live, now) => {
    const named = live.locks.filter((lock) => tokens.has(lock.token) && covers(lock, node.path));
    if (named.length === 0) throw tokenMatchesNothing("precondition-failed");
    const own = new Set(named.filter(({ principal }) => principal === deps.principal));
    if (own.size === 0) throw notYours();
    const locks = live.locks.map((lock) => {
      if (!own.has(lock)) return lock;
      const timeout = lockTimeout(request, lock.timeout);
      return { ...lock, timeout, expiresAt: now + timeout * 1000 };
    });
    return { locks, result: liveLocks({ ...live, locks }, now) };
  });
  return reply(deps, node.path, live, 200, {});
}

/** A lock on an address where nothing is makes a file there, so it needs what a PUT needs. */
async function mayCreate(request: DavRequest, deps: DavDeps, node: ShareNode): Promise<void> {
  if (node.isRoot) throw new OcmError("resource-missing");
  const parent = await deps.files.stat(deps.share.user, parentOf(node.path));
  if (parent?.type !== "folder" || node.hasSlash) {
    throw new OcmError("conflict", { message: "There is no folder at this address, or none to hold it." });
  }
  await mayChange(request, deps, [{ path: node.path, member: true, entry: undefined }]);
}

/** The lock is there first, so that nobody comes in between. False: a file has come to be meanwhile, which is locked now. */
async function createEmpty(deps: DavDeps, path: string, lock: Lock): Promise<boolean> {
  let entry: HostEntry;
  try {
    entry = await deps.files.write(deps.share.user, path, Readable.from([]), { expected: null });
  } catch (error) {
    if (error instanceof HostFileError && error.failure === "changed") return false;
    await editLocks(deps, ({ locks }) => ({
      locks: locks.filter(({ token, principal }) => token !== lock.token || principal !== lock.principal),
      result: undefined,
    }));
    throw hostRefusal(error, "conflict");
  }
  await changed(deps, [path]);
  return entry.type === "file";
}

/** A lock below that is in the way is told in a multistatus (RFC 4918 section 9.10.3), one here or above as a refusal. */
function refuse(deps: DavDeps, path: string, conflicts: readonly Lock[]): DavReply {
  const here = conflicts.filter((lock) => covers(lock, path));
  if (here.length > 0) throw conflictingLock(here.map((lock) => hrefOf(deps, lock.path)));
  const hrefs = [...new Set(conflicts.map((lock) => hrefOf(deps, lock.path)))].slice(0, 10);
  const responses = hrefs.map(
    (href) =>
      `<d:response><d:href>${escapeXml(href)}</d:href><d:status>HTTP/1.1 423 Locked</d:status>` +
      `<d:error>${condition("no-conflicting-lock", [href])}</d:error></d:response>`,
  );
  const failed = `<d:response><d:href>${escapeXml(hrefOf(deps, path))}</d:href><d:status>HTTP/1.1 424 Failed Dependency</d:status></d:response>`;
  return xml(207, {}, `<d:multistatus xmlns:d="DAV:">${responses.join("")}${failed}</d:multistatus>`);
}

function reply(
  deps: DavDeps,
  path: string,
  live: LiveLocks,
  status: number,
  headers: Record<string, string>,
): DavReply {
  const content = lockDiscovery(deps, path, live);
  return xml(status, headers, `<d:prop xmlns:d="DAV:"><d:lockdiscovery>${content}</d:lockdiscovery></d:prop>`);
}

function xml(status: number, headers: Record<string, string>, text: string): DavReply {
  const body = Buffer.from(`<?xml version="1.0" encoding="utf-8"?>\n${text}`);
  return { status, headers: { ...headers, "content-type": XML_TYPE, "content-length": String(body.length) }, body };
}

/** A version 4 UUID (RFC 9562 section 5.4). */
function newToken(deps: DavDeps): string {
  const bytes = deps.system.random("lock-token", 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return `urn:uuid:${bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")}`;
}

function notYours(): OcmError {
  return new OcmError("forbidden", { message: "This lock was taken by somebody else." });
}
