import type { Lock } from "../../../ports/records.ts";
import { OcmError } from "../../../protocol/errors.ts";
import type { DavDeps } from "../request.ts";
import { type LiveLocks, liveLocks } from "./lock-set.ts";

/** What the locks of a tree need. */
export type LockDeps = Pick<DavDeps, "tree"> & {
  store: Pick<DavDeps["store"], "locks">;
  system: Pick<DavDeps["system"], "now" | "sleep" | "random">;
};

/** Each time that a write comes too late, another one came through; so many in a row are an overload. */
const ATTEMPTS = 100;
/** After so many the next one waits, up to 64 ms, so that many who come at once do not meet again and again. */
const PATIENCE = 5;

/** The locks of a tree that have not expired; undefined where it has never had one. One read by key. */
export async function readLocks(deps: LockDeps): Promise<LiveLocks | undefined> {
  const set = await deps.store.locks.get(deps.tree);
  return set && liveLocks(set, deps.system.now());
}

/**
 * Decides over the live locks of a tree and writes what is decided, again from the start where somebody else was first. What `decide`
 * throws leaves everything as it is; so does handing back the same list.
 * @throws OcmError unavailable, when others are always first
 */
export async function editLocks<R>(
  deps: LockDeps,
  decide: (live: LiveLocks, now: number) => { locks: Lock[]; result: R },
): Promise<R> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > PATIENCE) await deps.system.sleep(deps.system.random("lock-retry", 1).readUInt8() / 4);
    const now = deps.system.now();
    const live = liveLocks(
      (await deps.store.locks.get(deps.tree)) ?? { tree: deps.tree, version: 0, locks: [], updatedAt: now },
      now,
    );
    const { locks, result } = decide(live, now);
    if (locks === live.locks) return result;
    if (await deps.store.locks.put({ tree: deps.tree, version: live.version + 1, locks, updatedAt: now }))
      return result;
  }
  throw new OcmError("unavailable", { message: "Too many locks change at once.", retryAfter: 1 });
}

/** Takes away the locks that are named, if there are any. */
export async function dropLocks(deps: LockDeps, isDropped: (lock: Lock) => boolean): Promise<void> {
  await editLocks(deps, ({ locks }) => {
    const left = locks.filter((lock) => !isDropped(lock));
    return { locks: left.length === locks.length ? locks : left, result: undefined };
  });
}
