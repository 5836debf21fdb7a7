import { Readable } from "node:stream";
import type { HostEntry, HostQuota } from "../../../ports/host.ts";
import type { ResourceNote } from "../../../ports/records.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { withVersion } from "../../changes/folder-versions.ts";
import { type LookBudget, lookBudget, versionsToTell } from "../../changes/look-first.ts";
import { childPath } from "../../tree-paths.ts";
import { escapeXml } from "../../xml.ts";
import { mediaTypes } from "../content/media-type.ts";
import { XML_TYPE } from "../error-reply.ts";
import { checkIf, locksOf } from "../locks/locks.ts";
import { checkPreconditions } from "../preconditions.ts";
import { type DavDeps, type DavReply, type DavRequest, depthOf } from "../request.ts";
import { readRequestBody } from "../request-body.ts";
import { existing, resolveNode, type ShareNode, versioned } from "../share-node.ts";
import { encodeName, isUsableName } from "../share-path.ts";
import {
  MULTISTATUS_HEAD,
  MULTISTATUS_TAIL,
  type Plan,
  planOf,
  type ResponseWriter,
  responseWriter,
} from "./multistatus.ts";
import { davClass, type PropertyContext } from "./properties.ts";
import { parsePropfind } from "./propfind-body.ts";
import { type TextBuffer, textBuffer } from "./text-buffer.ts";

/** Entries that are printed with one question to the store: enough to make it cheap, few enough for the longest notes. */
const TOGETHER = 256;
/** Bytes after which a piece of the answer is handed on; most answers are smaller and go out in one, with their length. */
const CHUNK = 524_288;
/** The same for all pieces after the first, which is about what a slow reader makes us keep. */
const NEXT_CHUNK = 65_536;

/**
 * PROPFIND of depth 0 or 1 (RFC 4918 section 9.1). The answer is written while the folder is read. Without a Depth header one level is
 * given: a receiving server leaves it out and expects that.
 */
export async function propfind(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const deep = readDepth(request);
  const plan = planOf(parsePropfind(await readRequestBody(request, deps)));
  const node = resolveNode(deps, request.path);
  const found = await existing(deps, node);
  const budget = lookBudget();
  const isTold = plan.sources.has("entity-tag");
  const entry = await (isTold ? toTell(deps, node.path, found, budget) : versioned(deps, node.path, found));
  await checkIf(request, deps, entry);
  checkPreconditions(request, entry);
  const context: PropertyContext = {
    deps,
    locks: plan.sources.has("locks") ? await locksOf(deps) : undefined,
    quota: plan.sources.has("quota") ? await quotaOf(deps, node.path) : undefined,
    mediaTypeOf: mediaTypes(),
  };
  const write = responseWriter(plan, context);
  return reply(document({ deps, plan, write, node, entry, deep, budget }), deps);
}

/** The entry with the entity tag that covers what is below it, looked at where that is needed for a tag that stays. */
async function toTell(deps: DavDeps, path: string, entry: HostEntry, budget: LookBudget): Promise<HostEntry> {
  if (entry.type === "file") return entry;
  return withVersion(entry, (await versionsToTell(deps, [path], budget)).get(path));
}

function readDepth(request: DavRequest): boolean {
  const depth = depthOf(request) ?? "1";
  if (depth === "infinity") throw new OcmError("depth-infinite");
  if (depth !== "0" && depth !== "1") throw new OcmError("bad-request", { message: "Depth has to be 0 or 1." });
  return depth === "1";
}

/** A quota that cannot be told is not known: a listing does not fail for it. */
async function quotaOf(deps: DavDeps, path: string): Promise<HostQuota | undefined> {
  return deps.files.quota?.(deps.share.user, path).catch(() => undefined);
}

interface Listing {
  deps: DavDeps;
  plan: Plan;
  write: ResponseWriter;
  node: ShareNode;
  entry: HostEntry;
  deep: boolean;
  budget: LookBudget;
}

/**
 * The resource itself first, because some clients take the first response for it, then its children. The last piece of the document, which
 * may be the only one, is returned.
 */
async function* document(listing: Listing): AsyncGenerator<Buffer, Buffer, void> {
  const { deps, plan, write, node, entry, deep } = listing;
  const isFolder = entry.type === "folder";
  const href = escapeXml(node.href);
  const notes = await notesOf(plan, deps, [entry], () => node.path);
  const displayName = node.isRoot ? deps.share.name : entry.name;
  const text = textBuffer(CHUNK, NEXT_CHUNK);
  text.add(MULTISTATUS_HEAD);
  text.add(write(isFolder ? `${href}/` : href, { entry, path: node.path, displayName, note: notes?.get(node.path) }));
  if (deep && isFolder) {
    for await (const children of inPieces(deps.files.list(deps.share.user, node.path))) {
      yield* addChildren(text, children, href, listing);
    }
  }
  text.add(MULTISTATUS_TAIL);
  return text.take();
}

/** All that is asynchronous is done once for the piece; the rest is one pass over its entries, with a rest where they are long. */
async function* addChildren(
  text: TextBuffer,
  children: readonly HostEntry[],
  href: string,
  { deps, plan, write, node, budget }: Listing,
): AsyncGenerator<Buffer, void, void> {
  const pathOf = ({ name }: HostEntry) => childPath(node.path, name);
  const notes = await notesOf(plan, deps, children, pathOf);
  const folders = plan.sources.has("entity-tag") ? children.filter(({ type }) => type === "folder").map(pathOf) : [];
  const versions = folders.length === 0 ? undefined : await versionsToTell(deps, folders, budget);
  for (const child of children) {
    if (text.isFull) yield text.take();
    const path = pathOf(child);
    const entry = versions === undefined ? child : withVersion(child, versions.get(path));
    const address = `${href}/${encodeName(child.name)}${child.type === "folder" ? "/" : ""}`;
    text.add(write(address, { entry, path, displayName: child.name, note: notes?.get(path) }));
  }
}

async function notesOf(
  plan: Plan,
  { store, tree }: DavDeps,
  entries: readonly HostEntry[],
  pathOf: (entry: HostEntry) => string,
): Promise<ReadonlyMap<string, ResourceNote> | undefined> {
  if (!plan.sources.has("note")) return undefined;
  return new Map((await store.notes.of(tree, entries.map(pathOf))).map((note) => [note.path, note]));
}

/** Pieces of a size that suits printing, of those names that can be addressed, out of pieces of any size. */
async function* inPieces(pieces: AsyncIterable<readonly HostEntry[]>): AsyncGenerator<readonly HostEntry[]> {
  let waiting: HostEntry[] = [];
  for await (const piece of pieces) {
    for (const entry of piece) {
      if (isUsableName(entry.name)) waiting.push(entry);
      if (waiting.length === TOGETHER) {
        yield waiting;
        waiting = [];
      }
    }
  }
  if (waiting.length > 0) yield waiting;
}

const NOTHING = Buffer.alloc(0);

/** Waits for the first piece before it answers, so that an early failure still has a status; a short answer goes out in one. */
async function reply(pieces: AsyncGenerator<Buffer, Buffer, void>, deps: DavDeps): Promise<DavReply> {
  const headers = { "content-type": XML_TYPE, dav: davClass(deps.share) };
  const { done, value: first } = await pieces.next();
  if (done) return { status: 207, headers: { ...headers, "content-length": String(first.length) }, body: first };
  async function* all(begin: Buffer[]) {
    yield* begin.splice(0);
    const last = yield* pieces;
    yield last;
  }
  const stream = Readable.from(all([first]), { objectMode: false, highWaterMark: NEXT_CHUNK });
  // An iterator that was never asked leaves its source alone when it is ended, so the folder is let go of here.
  stream.once("close", () => void pieces.return(NOTHING).catch(() => {}));
  return { status: 207, headers, body: deps.guard(stream) };
}
