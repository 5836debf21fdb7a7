import type { HostEntry } from "../../../ports/host.ts";
import type { Lock } from "../../../ports/records.ts";
import { parentOf } from "../../tree-paths.ts";

import { isWithin, type LiveLocks, locksCovering } from "./lock-set.ts";

/** What a request is about to do to one place. */
export interface Change {
  /** Path in the owner's tree. */
  path: string;
  /** With everything below it. */
  deep?: boolean;
  /** It comes to be or goes away, so the folder that holds it changes too. */
  member?: boolean;
  /** What is there now; undefined: nothing, or the caller has not looked. */
  entry: HostEntry | undefined;
}

/** The locks that hold one place, as far as it matters whether it may be changed. */
interface Hold {
  held: boolean;
  usable: boolean;
}

/**
 * The locks that are in the way of a change, by no more than so many places that they hold. What is held is the resource itself, the
 * folder that it is in, and what is below it, of which members without a lock of their own are all held by the same locks, those of
 * depth infinity. It takes time in proportion to the locks, also where they are on folders within folders.
 */
export function locksInTheWay(
  { path, member, deep, entry }: Change,
  locks: LiveLocks,
  usable: (lock: Lock) => boolean,
  most: number,
): Lock[] {
  const known = new Map<string, Hold>();
  /** By the locks of depth infinity at a place and above it. */
  function holdOfMembers(place: string): Hold {
    const found = known.get(place);
    if (found !== undefined) return found;
    const above = place === "/" ? FREE : holdOfMembers(parentOf(place));
    const hold = withLocks(
      above,
      (locks.byPath.get(place) ?? []).filter(({ depth }) => depth === "infinity"),
      usable,
    );
    known.set(place, hold);
    return hold;
  }
  const isInTheWay = ({ held, usable }: Hold) => held && !usable;
  const holdOf = (place: string) => withLocks(holdOfMembers(place), locks.byPath.get(place) ?? [], usable);

  const inTheWay: Lock[][] = [];
  for (const place of member === true ? [path, parentOf(path)] : [path]) {
    if (isInTheWay(holdOf(place))) inTheWay.push(locksCovering(locks, place));
  }
  if (deep === true && entry?.type !== "file") {
    for (const place of [path, ...locks.byPath.keys()]) {
      if (inTheWay.length >= most) break;
      if (!isWithin(place, path)) continue;
      if (place !== path && isInTheWay(holdOf(place))) inTheWay.push(locksCovering(locks, place));
      else if (isInTheWay(holdOfMembers(place))) {
        inTheWay.push(locksCovering(locks, place).filter(({ depth }) => depth === "infinity"));
      }
    }
  }
  return inTheWay.flat();
}

const FREE: Hold = { held: false, usable: false };

function withLocks(hold: Hold, locks: readonly Lock[], usable: (lock: Lock) => boolean): Hold {
  if (locks.length === 0) return hold;
  return { held: true, usable: hold.usable || locks.some(usable) };
}
