import type { RemoteEntry } from "../../api.ts";

/** What was last told of a path. */
export interface Known {
  entry: RemoteEntry;
  /** By name; null: it is a file; undefined: it was not asked for. */
  children?: ReadonlyMap<string, RemoteEntry> | null;
  /** When it was told or confirmed, and when it was last told in full. Milliseconds since the Unix epoch. */
  at: number;
  toldAt: number;
  /** Something was written there through us since: it is the last that is known, and not how it is. */
  changed: boolean;
}

/** Like `Known`, with what is in it. */
export interface KnownListing extends Known {
  children: ReadonlyMap<string, RemoteEntry> | null;
}

/**
 * The last known listings and entries of received shares: in memory, bounded by their number and their estimated bytes. What was not used
 * for longest has to go.
 */
export interface ListingCache {
  listing(share: string, path: string): KnownListing | undefined;
  /** What a listing told of one thing: its own, or that of the folder that it is in. */
  listed(share: string, path: string): Known | undefined;
  /** The newest that is known of one thing. */
  entry(share: string, path: string): Known | undefined;
  keep(share: string, path: string, known: Known): void;
  /** Something was written at this path: nothing is known any more of it and of what is in it, and its folders have changed. */
  written(share: string, path: string): void;
  /** The share has ended, or is not open to us. */
  forget(share: string): void;
  /** Estimated bytes of all that is kept. */
  readonly bytes: number;
  readonly size: number;
}

export interface CacheBounds {
  entries: number;
  bytes: number;
}

const BOUNDS: CacheBounds = { entries: 10_000, bytes: 67_108_864 };
/** A listing that would take more than this part of all is not kept. */
const LARGEST = 1 / 4;

interface Held {
  share: string;
  key: string;
  known: Known;
  bytes: number;
}

/** An entry that was asked for by itself has a place beside the listing of the same path. */
const LISTING = "1/";
const ENTRY = "0/";

export function createListingCache(bounds: CacheBounds = BOUNDS): ListingCache {
  const shares = new Map<string, Map<string, Held>>();
  /** All, the one that was not used for longest first. */
  const order = new Set<Held>();
  let total = 0;

  function find(share: string, key: string): Held | undefined {
    const held = shares.get(share)?.get(key);
    if (held === undefined) return undefined;
    // A Set keeps the order of insertion, so it becomes the newest.
    order.delete(held);
    order.add(held);
    return held;
  }

  function remove(held: Held): void {
    const ofShare = shares.get(held.share);
    ofShare?.delete(held.key);
    if (ofShare?.size === 0) shares.delete(held.share);
    order.delete(held);
    total -= held.bytes;
  }

  function put(share: string, key: string, known: Known): void {
    const before = shares.get(share)?.get(key);
    if (before !== undefined) remove(before);
    const bytes = bytesOf(known);
    if (bytes > bounds.bytes * LARGEST) return;
    const held: Held = { share, key, known, bytes };
    const ofShare = shares.get(share) ?? new Map<string, Held>();
    shares.set(share, ofShare);
    ofShare.set(key, held);
    order.add(held);
    total += bytes;
    for (const oldest of order) {
      if (order.size <= bounds.entries && total <= bounds.bytes) return;
      remove(oldest);
    }
  }

  function drop(share: string, path: string): void {
    for (const held of shares.get(share)?.values() ?? []) {
      if (isWithin(held.key.slice(LISTING.length), path)) remove(held);
    }
  }

  function listing(share: string, path: string): KnownListing | undefined {
    const known = find(share, LISTING + path)?.known;
    return known === undefined || known.children === undefined ? undefined : { ...known, children: known.children };
  }

  function listed(share: string, path: string): Known | undefined {
    const own = listing(share, path);
    if (path === "") return own;
    const { folder, name } = split(path);
    const above = listing(share, folder);
    const entry = above?.children?.get(name);
    return above === undefined || entry === undefined ? own : newer(own, { ...above, entry, children: undefined });
  }

  return {
    listing,
    listed,
    entry: (share, path) => newer(listed(share, path), find(share, ENTRY + path)?.known),
    keep: (share, path, known) => put(share, (known.children === undefined ? ENTRY : LISTING) + path, known),
    written(share, path) {
      drop(share, path);
      for (let above = path; above !== ""; ) {
        above = split(above).folder;
        for (const kind of [LISTING, ENTRY]) {
          const held = shares.get(share)?.get(kind + above);
          if (held !== undefined) held.known = { ...held.known, changed: true };
        }
      }
    },
    forget: (share) => drop(share, ""),
    get bytes() {
      return total;
    },
    get size() {
      return order.size;
    },
  };
}

function newer(one: Known | undefined, other: Known | undefined): Known | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.at > one.at ? other : one;
}

function isWithin(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}

function split(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) };
}

/** Characters may take two bytes; an entry has some fields, and a place in a map. */
function bytesOf({ entry, children }: Known): number {
  let bytes = entryBytes(entry);
  for (const child of children?.values() ?? []) bytes += entryBytes(child);
  return bytes;
}

function entryBytes({ name, path, etag, mediaType, checksums = [] }: RemoteEntry): number {
  const characters = name.length + path.length + (etag?.length ?? 0) + (mediaType?.length ?? 0);
  return 250 + 2 * checksums.reduce((sum, checksum) => sum + checksum.length, characters);
}
