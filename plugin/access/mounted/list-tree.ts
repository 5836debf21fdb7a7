import { Readable } from "node:stream";
import type { RemoteEntry, RemoteListing } from "../../api.ts";
import type { ResourceNote } from "../../ports/records.ts";
import { OcmError } from "../../protocol/errors.ts";
import { mediaType } from "../dav/content/media-type.ts";
import { XML_TYPE } from "../dav/error-reply.ts";
import { locksOf } from "../dav/locks/locks.ts";
import {
  MULTISTATUS_HEAD,
  MULTISTATUS_TAIL,
  type Plan,
  planOf,
  type ResponseWriter,
  responseWriter,
} from "../dav/properties/multistatus.ts";
import type { PropertyContext } from "../dav/properties/properties.ts";
import { parsePropfind } from "../dav/properties/propfind-body.ts";
import { type DavReply, type DavRequest, depthOf } from "../dav/request.ts";
import { readRequestBody } from "../dav/request-body.ts";
import { encodeSharePath, isUsableName } from "../dav/share-path.ts";
import { keptPath, remoteTree } from "../tree-names.ts";
import { escapeXml } from "../xml.ts";
import type { MountedDeps } from "./mounted-request.ts";
import type { MountedShare, Place, PlaceInShare } from "./mounted-shares.ts";
import { hostEntry, type ToldEntry, tellingWhatIsKnown } from "./remote-properties.ts";
import { shareDeps, topDeps } from "./share-deps.ts";

/** One resource of the answer. */
interface Told {
  entry: ToldEntry;
  displayName: string;
  href: string;
  /** Where its locks and properties are kept. */
  path: string;
  /** What it has in common with others of the answer: one object for all of them. */
  common: Pick<PropertyContext, "deps" | "quota">;
}

/** Entries that are printed together, with one question to the store. */
const TOGETHER = 500;

/**
 * PROPFIND of depth 0 or 1 (RFC 4918 section 9.1). The top of the tree is answered from the local catalogue, and no other server is asked;
 * below it, one PROPFIND goes to the owner's server. Where that does not answer, what it said the last time is told, and the field Age
 * says how old that is.
 */
export async function listTree(request: DavRequest, deps: MountedDeps, place: Place): Promise<DavReply> {
  const deep = readDepth(request);
  const plan = tellingWhatIsKnown(planOf(parsePropfind(await readRequestBody(request, deps))));
  const headers: Record<string, string> = { "content-type": XML_TYPE, dav: "1, 2" };
  if (place.top) return reply(document(plan, deps, topOf(deps, place.shares, deep)), headers);
  const { entry, children, stale } = await look(deps, place, deep);
  if (stale !== null) headers.age = String(Math.max(0, Math.floor((deps.system.now() - stale.at) / 1000)));
  // Programs compare addresses as texts, so they get their own spelling back.
  const address = deps.base + request.path.replace(/\/$/, "");
  return reply(document(plan, deps, inShare(deps, place, address, entry, children ?? [])), headers);
}

function readDepth(request: DavRequest): boolean {
  const depth = depthOf(request) ?? "1";
  if (depth === "infinity") throw new OcmError("depth-infinite");
  if (depth !== "0" && depth !== "1") throw new OcmError("bad-request", { message: "Depth has to be 0 or 1." });
  return depth === "1";
}

async function look(deps: MountedDeps, place: PlaceInShare, deep: boolean): Promise<RemoteListing> {
  const { user, remote, context } = deps;
  if (deep && place.share.resourceType === "folder") return remote.open(user, place.share.id, place.path, context);
  const entry = await remote.stat(user, place.share.id, place.path, context);
  return { entry, children: null, stale: entry.stale ?? null };
}

/** The folder itself first, because some clients take the first response for it, then the shares. */
function* topOf(deps: MountedDeps, shares: readonly MountedShare[], deep: boolean): Generator<Told> {
  const entry = { name: "", type: "folder", size: null, modifiedAt: null, etag: null } as const;
  yield {
    entry,
    displayName: "Received shares",
    href: `${deps.base}/`,
    path: "/",
    common: { deps: topDeps(deps), quota: undefined },
  };
  if (!deep) return;
  for (const mounted of shares) {
    const { share, name } = mounted;
    const type = share.resourceType === "file" ? "file" : "folder";
    const known = share.lastKnown;
    yield {
      entry: { name, type, size: known?.size ?? null, modifiedAt: known?.modifiedAt ?? null, etag: null },
      displayName: name,
      href: hrefOf(deps.base, [name], type),
      path: keptPath(share.id, ""),
      common: { deps: shareDeps(deps, mounted), quota: undefined },
    };
  }
}

function* inShare(
  deps: MountedDeps,
  place: PlaceInShare,
  address: string,
  entry: RemoteEntry,
  children: readonly RemoteEntry[],
): Generator<Told> {
  const { share, name, segments, path } = place;
  const displayName = segments.at(-1) ?? name;
  const available = entry.quotaAvailable;
  const quota = available === undefined ? undefined : { available };
  const common = { deps: shareDeps(deps, place), quota };
  yield {
    entry: { ...entry, name: displayName },
    displayName,
    href: hrefOf(address, [], entry.type),
    path: keptPath(share.id, path),
    common,
  };
  for (const child of children) {
    if (!isUsableName(child.name)) continue;
    yield {
      entry: child,
      displayName: child.name,
      href: hrefOf(address, [child.name], child.type),
      path: keptPath(share.id, path === "" ? child.name : `${path}/${child.name}`),
      common,
    };
  }
}

function hrefOf(address: string, segments: readonly string[], type: ToldEntry["type"]): string {
  return `${address}${encodeSharePath(segments)}${type === "folder" ? "/" : ""}`;
}

/** The document in pieces. */
async function* document(plan: Plan, deps: MountedDeps, resources: Iterable<Told>): AsyncGenerator<Buffer> {
  const locks = plan.sources.has("locks") ? await locksOf(topDeps(deps)) : undefined;
  const writers = new Map<Told["common"], ResponseWriter>();
  const print = async (some: readonly Told[]) => {
    const notes = await notesOf(plan, deps, some);
    let text = "";
    for (const { entry, displayName, href, path, common } of some) {
      const write = writers.get(common) ?? responseWriter(plan, { ...common, locks, mediaTypeOf: mediaType });
      writers.set(common, write);
      text += write(escapeXml(href), { entry: hostEntry(entry), path, displayName, note: notes.get(path) });
    }
    return text;
  };
  let text = MULTISTATUS_HEAD;
  let some: Told[] = [];
  for (const told of resources) {
    some.push(told);
    if (some.length < TOGETHER) continue;
    yield Buffer.from(text + (await print(some)));
    text = "";
    some = [];
  }
  yield Buffer.from(text + (await print(some)) + MULTISTATUS_TAIL);
}

async function notesOf(plan: Plan, deps: MountedDeps, some: readonly Told[]): Promise<Map<string, ResourceNote>> {
  if (!plan.sources.has("note") || some.length === 0) return new Map();
  const notes = await deps.store.notes.of(
    remoteTree(deps.user),
    some.map(({ path }) => path),
  );
  return new Map(notes.map((note) => [note.path, note]));
}

/** A short answer goes out in one piece, with its length. */
async function reply(pieces: AsyncGenerator<Buffer>, headers: Record<string, string>): Promise<DavReply> {
  const first = await pieces.next();
  const second = first.done ? first : await pieces.next();
  if (first.done || second.done) {
    const body = first.value ?? Buffer.alloc(0);
    return { status: 207, headers: { ...headers, "content-length": String(body.length) }, body };
  }
  const start = [first.value, second.value];
  async function* all() {
    yield* start;
    yield* pieces;
  }
  return { status: 207, headers, body: Readable.from(all(), { objectMode: false }) };
}
