import type { Lock, LockSet } from "../../../ports/records.ts";

/** Locks of one tree that have not expired, found by their path. */
export interface LiveLocks extends LockSet {
  byPath: ReadonlyMap<string, readonly Lock[]>;
}

/** What decides whether two locks can stand beside each other. */
export type LockShape = Pick<Lock, "path" | "depth" | "scope">;

/** The set without what has expired. */
export function liveLocks(set: LockSet, now: number): LiveLocks {
  const locks = set.locks.filter(({ expiresAt }) => expiresAt > now);
  return { ...set, locks, byPath: indexed(locks) };
}

function indexed(locks: readonly Lock[]): ReadonlyMap<string, readonly Lock[]> {
  const byPath = new Map<string, Lock[]>();
  for (const lock of locks) {
    const same = byPath.get(lock.path);
    if (same === undefined) byPath.set(lock.path, [lock]);
    else same.push(lock);
  }
  return byPath;
}

/** Is a path a folder's own, or one below it? */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}

/** Is a path in the scope of a lock (RFC 4918 section 6.1)? */
export function covers(lock: Pick<Lock, "path" | "depth">, path: string): boolean {
  return lock.path === path || (lock.depth === "infinity" && isWithin(path, lock.path));
}

/** The locks that a path is in the scope of, those of the folders above it first. */
export function locksCovering(set: LockSet & Partial<Pick<LiveLocks, "byPath">>, path: string): Lock[] {
  const byPath = set.byPath ?? indexed(set.locks);
  const found: Lock[] = [];
  for (const place of placesDownTo(path)) {
    for (const lock of byPath.get(place) ?? []) if (place === path || lock.depth === "infinity") found.push(lock);
  }
  return found;
}

function* placesDownTo(path: string): Generator<string> {
  yield "/";
  if (path === "/") return;
  for (let end = path.indexOf("/", 1); end !== -1; end = path.indexOf("/", end + 1)) yield path.slice(0, end);
  yield path;
}

/** The locks that leave no room for another one (RFC 4918 section 6.2): their scopes meet, and one of the two is exclusive. */
export function conflicting(locks: readonly Lock[], wanted: LockShape): Lock[] {
  return locks.filter(
    (lock) =>
      (lock.scope === "exclusive" || wanted.scope === "exclusive") &&
      (covers(lock, wanted.path) || covers(wanted, lock.path)),
  );
}
