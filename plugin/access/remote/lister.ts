import type { AccessContext, RemoteEntry, RemoteListing } from "../../api.ts";
import type { PeerClient, PeerStreamAnswer } from "../../ports/peer-client.ts";
import type { Failure, IncomingShare } from "../../ports/records.ts";
import type { System } from "../../ports/system.ts";
import { OcmError } from "../../protocol/errors.ts";
import type { Connection, RemoteRequest } from "./connection.ts";
import { childEntries, entryOf, type Listing, propfindBody, takeApart, urlSegments } from "./listing.ts";
import type { Known, KnownListing, ListingCache } from "./listing-cache.ts";
import { createListingRoom } from "./listing-room.ts";
import { LISTING_LIMITS, readMultistatus } from "./multistatus.ts";
import { type Question, type Recall, type Recalled, stale } from "./recall.ts";
import { breakerReason } from "./received.ts";
import type { Observation } from "./record-access.ts";
import { discard } from "./refusals.ts";
import type { Use } from "./use.ts";

export interface ListerDeps {
  peers: PeerClient;
  system: Pick<System, "now" | "soon" | "sleep">;
  connection: Connection;
  cache: ListingCache;
  recall: Recall;
  using<T>(share: IncomingShare, context: AccessContext, work: (use: Use) => Promise<T>): Promise<T>;
  expect(use: Use, request: RemoteRequest, statuses: readonly number[]): Promise<PeerStreamAnswer>;
  note(use: Use, observation: Observation): Promise<void>;
}

/** What is in received shares, each time by one PROPFIND at most. Paths are checked, and the share is one that may be used. */
export interface Lister {
  open(share: IncomingShare, path: string, context: AccessContext): Promise<RemoteListing>;
  stat(
    share: IncomingShare,
    path: string,
    context: AccessContext,
  ): Promise<RemoteEntry & { stale?: RemoteListing["stale"] }>;
  listFolder(share: IncomingShare, path: string, context: AccessContext): Promise<RemoteEntry[]>;
  /** @throws OcmError peer-unreachable while the breaker of the peer is open */
  throwIfDown(share: IncomingShare): Promise<void>;
}

const HEADERS = { "content-type": 'application/xml; charset="utf-8"', accept: "application/xml" };
/** For so long a listing that has just been told stands for each entry in it. Milliseconds. */
const FRESH = 2_000;
/** A listing is confirmed by its entity tag for so long; then it is asked for in full: not every tag covers the entries. Milliseconds. */
const CONFIRMABLE = 600_000;

export function createLister(deps: ListerDeps): Lister {
  const { cache, recall, system } = deps;
  const room = createListingRoom();

  /** Undefined: the folder is as its tag says (RFC 9110 section 13.1.2: 412 for methods other than GET and HEAD; some say 304). */
  async function propfind(use: Use, path: string, depth: "0" | "1", etag?: string): Promise<Listing | undefined> {
    const headers = { ...HEADERS, depth, ...(etag === undefined ? {} : { "if-none-match": etag }) };
    const request = { method: "PROPFIND", path, headers, body: propfindBody(path) };
    const answer = await deps.expect(use, request, etag === undefined ? [207] : [207, 304, 412]);
    if (answer.status !== 207) {
      await discard(answer.body, system);
      return undefined;
    }
    const place = room.enter(use.share.senderHost, answer.body);
    try {
      const resources = await readMultistatus(answer.body, system, LISTING_LIMITS, place.take);
      return takeApart(resources, urlSegments(deps.connection.url(use, path)));
    } finally {
      place.leave();
    }
  }

  /** A folder inside the share is asked without a slash at its end unless it is known to be one: only the answer tells what it is. */
  async function list(use: Use, path: string, isFolder: boolean): Promise<KnownListing> {
    const last = cache.listing(use.share.id, path);
    const slash = path !== "" && (isFolder || last?.children instanceof Map) ? "/" : "";
    const listing = await propfind(use, path + slash, "1", last && tagOf(last));
    const at = system.now();
    if (listing === undefined && last !== undefined) {
      await deps.note(use, { access: "ok" });
      return { ...last, at };
    }
    const entry = await selfOf(use, path, listing);
    const children = entry.type === "folder" ? await childEntries(listing?.children ?? [], path, system) : null;
    return { entry, children, at, toldAt: at, changed: false };
  }

  async function selfOf(use: Use, path: string, listing: Listing | undefined): Promise<RemoteEntry> {
    const self = listing?.self;
    if (self === undefined) throw new OcmError("resource-missing");
    await deps.note(use, { access: "ok", ...(path === "" ? { known: self } : {}) });
    return entryOf(self, path === "" ? use.share.name : path.slice(path.lastIndexOf("/") + 1), path);
  }

  /** Only a strong tag, of a listing that nothing was written into since, tells that all is the same. */
  function tagOf({ entry, changed, toldAt }: KnownListing): string | undefined {
    if (changed || !isWithin(CONFIRMABLE, toldAt)) return undefined;
    return entry.etag !== null && /^"[^"]*"$/.test(entry.etag) ? entry.etag : undefined;
  }

  /** A clock that was set back makes nothing young. */
  function isWithin(milliseconds: number, at: number): boolean {
    const age = system.now() - at;
    return age >= 0 && age < milliseconds;
  }

  /** The answer, or the last one where there is one; while the breaker is open nobody is asked. */
  async function answer(
    share: IncomingShare,
    context: AccessContext,
    question: Pick<Question, "path" | "depth" | "last"> & { ask(use: Use): Promise<Known> },
  ): Promise<Recalled> {
    const { last, ask } = question;
    const reason = await breakerReason(deps, share.senderHost);
    if (reason !== undefined) {
      if (last === undefined) throw down(reason);
      return stale(last, reason);
    }
    return recall.answer({
      ...question,
      share: share.id,
      host: share.senderHost,
      signal: context.signal,
      ask: (signal) => deps.using(share, { ...context, signal }, ask),
    });
  }

  async function throwIfDown(share: IncomingShare): Promise<void> {
    const reason = await breakerReason(deps, share.senderHost);
    if (reason !== undefined) throw down(reason);
  }

  return {
    async open(share, path, context) {
      const file = cache.entry(share.id, path);
      const last =
        cache.listing(share.id, path) ?? (file?.entry.type === "file" ? { ...file, children: null } : undefined);
      const ask = (use: Use) => list(use, path, false);
      const { known, stale } = await answer(share, context, { path, depth: "1", last, ask });
      return { entry: known.entry, children: known.children ? [...known.children.values()] : null, stale };
    },
    async stat(share, path, context) {
      const listed = cache.listed(share.id, path);
      if (listed !== undefined && !listed.changed && isWithin(FRESH, listed.at)) return listed.entry;
      const ask = async (use: Use): Promise<Known> => {
        const entry = await selfOf(use, path, await propfind(use, path, "0"));
        const at = system.now();
        return { entry, at, toldAt: at, changed: false };
      };
      const last = cache.entry(share.id, path);
      const { known, stale } = await answer(share, context, { path, depth: "0", last, ask });
      return stale === null ? known.entry : { ...known.entry, stale };
    },
    async listFolder(share, path, context) {
      const ask = (use: Use) => list(use, path, true);
      const { known } = await answer(share, context, { path, depth: "1", last: undefined, ask });
      if (!known.children) throw new OcmError("conflict", { message: "This is a file, not a folder." });
      return [...known.children.values()];
    },
    throwIfDown,
  };
}

function down({ message }: Failure): OcmError {
  return new OcmError("peer-unreachable", { message });
}
