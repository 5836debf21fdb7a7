import type { HostFiles } from "../../ports/host.ts";
import type { Logger } from "../../ports/log.ts";
import type { FolderMark, OutgoingShare, TreeName } from "../../ports/records.ts";
import type { OutgoingShares, Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import { filesTree } from "../tree-names.ts";
import { parentOf } from "../tree-paths.ts";
import { asFolder, changed, foldersAbove } from "./folder-versions.ts";
import { noteLook } from "./look-first.ts";
import { createPace } from "./pace.ts";
import { type FoundFolder, walkFolders } from "./walk-folders.ts";

/** Between two passes over all shared folders, in milliseconds. */
const PAUSE = 30_000;
/** Milliseconds that a folder takes at least: no more than 200 in a second. */
const PER_FOLDER = 5;
/** What was found is written after so many folders, or so many milliseconds. */
const BATCH = 100;
const WRITE_EVERY = 1_000;
/** One process at a time sweeps. It says so again after a while; if it is killed, another one takes over after the rest of the time. */
const LEASE = "sweep";
const LEASE_TIME = 90_000;
const RENEW_EVERY = 10_000;
/** Folders of which it is remembered that they were there, to clear away the marks of those that are gone. */
const REMEMBERED = 200_000;

/** Looks before a tag are newer than what the sweep brings by no more than this. A clock that was wrong for a while must not hide changes. */
const NEWER_AT_MOST = 60_000;

/** What the sweep saw of a folder. */
type Look = { digest: string } & Pick<FoundFolder, "lookedAt">;

export interface SweepDeps {
  store: Pick<Store, "marks" | "leases"> & { outgoing: Pick<OutgoingShares, "liveFolders"> };
  files: Pick<HostFiles, "list">;
  system: Pick<System, "now" | "sleep" | "random">;
  logger: Logger;
}

/** What one pass found. */
export interface SweepResult {
  folders: number;
  /** Folders in which something had changed, or that had not been seen before. */
  changed: number;
  /** Folders that the host could not list. */
  unreadable: number;
}

export interface Sweep {
  start(): void;
  /** Stops at the next folder, and lets go of the lease. */
  stop(): Promise<void>;
  /** One pass, at the usual speed. */
  once(): Promise<SweepResult>;
}

/**
 * Finds what changed behind our back in folders that are shared, and gives the folders at and above it a new version: files that the owner
 * edits on disk or through the host's own pages, of which the plugin is not told.
 *
 * It lists every folder at or below a live share, over and over: at most 200 folders a second, at rest for half of the time, and 30 seconds
 * between two passes. So a change shows within 30 seconds where little is shared, and within two minutes with 10,000 folders, as long as
 * the host lists a folder in a few milliseconds; beyond that the time grows with the number of folders and with the time they take.
 */
export function createSweep(deps: SweepDeps): Sweep {
  const { store, files, system, logger } = deps;
  const owner = system.random("sweep", 12).toString("hex");
  const stop = new AbortController();
  const pace = createPace(system, PER_FOLDER, stop.signal);
  let running: Promise<void> | undefined;
  let renewedAt = 0;
  /** By shared folder, the folders that the last whole pass found in it. */
  let before = new Map<string, Set<string>>();

  async function once(): Promise<SweepResult> {
    const result: SweepResult = { folders: 0, changed: 0, unreadable: 0 };
    const found = new Map<string, Set<string>>();
    let remembered = 0;
    let after: string | undefined;
    pace.start();
    do {
      const page = await store.outgoing.liveFolders({ limit: 100, after });
      for (const share of page.items) {
        if (isCovered(found, share)) continue;
        const paths = await sweepShare(share, result);
        if (paths === undefined) return result;
        const room = remembered + paths.size <= REMEMBERED;
        if (room) remembered += paths.size;
        found.set(keyOf(share.user, share.path), room ? paths : new Set());
      }
      after = page.next;
    } while (after !== undefined);
    before = found;
    return result;
  }

  /** The folders of one share; undefined where the pass has to end here. */
  async function sweepShare({ user, path: top }: OutgoingShare, result: SweepResult): Promise<Set<string> | undefined> {
    const tree = filesTree(user);
    const paths = new Set<string>();
    let looks = new Map<string, Look>();
    let writtenAt = system.now();
    for await (const { path, digest, lookedAt } of walkFolders(files, user, top, pace)) {
      if (stop.signal.aborted) return undefined;
      paths.add(path);
      result.folders += 1;
      if (digest === null) result.unreadable += 1;
      else looks.set(path, { digest, lookedAt });
      if (looks.size < BATCH && system.now() - writtenAt < WRITE_EVERY) continue;
      result.changed += await settle(tree, looks);
      looks = new Map();
      writtenAt = system.now();
      if (!(await isStillOurs())) return undefined;
    }
    result.changed += await settle(tree, looks);
    for (const path of before.get(keyOf(user, top)) ?? []) {
      if (!paths.has(path) && paths.has(parentOf(path))) await store.marks.remove(tree, path);
    }
    return paths;
  }

  /**
   * Compares what was found with what is noted. Versions move first, so that a kill in between makes them move twice and not never. A
   * folder that has a version without having been looked at moves too: its tag may be out already, and nobody knows what has
   * changed since. One without a version gets its first by being noted. The folders above either are noted after them, so they have not been
   * seen themselves, or differ because of the new folder. What somebody has looked at since, before telling a tag, is newer than this.
   */
  async function settle(tree: TreeName, looks: ReadonlyMap<string, Look>): Promise<number> {
    if (looks.size === 0) return 0;
    const marks = new Map((await store.marks.of(tree, [...looks.keys()])).map((mark) => [mark.path, mark]));
    const differing = [...looks].filter(([path, look]) => {
      const mark = marks.get(path);
      return mark?.digest !== look.digest && !isNewer(mark, look);
    });
    const marked = differing.map(([path]) => path).filter((path) => marks.has(path));
    // One time for both: whatever is told from now on gives a version that is higher.
    const now = system.now();
    await changed({ tree, store, system: { now: () => now } }, marked.map(asFolder));
    await Promise.all(
      differing.map(([path, { digest, lookedAt }]) => {
        // Where a change was told in the meantime it may not be in the digest: then the next tag waits for another look.
        const wasTold = (marks.get(path)?.version ?? 0) > lookedAt;
        const at = wasTold ? lookedAt : now;
        return noteLook({ tree, store, system }, path, digest, at, marks.get(path)?.digest ?? null);
      }),
    );
    return differing.length;
  }

  async function isStillOurs(): Promise<boolean> {
    const now = system.now();
    if (running === undefined || now - renewedAt < RENEW_EVERY) return true;
    renewedAt = now;
    return store.leases.acquire(LEASE, owner, now, LEASE_TIME);
  }

  async function sweepIfOurs(): Promise<void> {
    renewedAt = system.now();
    if (!(await store.leases.acquire(LEASE, owner, renewedAt, LEASE_TIME))) return;
    const result = await once();
    if (result.unreadable > 0) logger.warn(result, "Some shared folders cannot be listed.");
    else if (result.changed > 0) logger.debug(result, "The sweep noted changes in shared folders.");
  }

  async function loop(): Promise<void> {
    for (;;) {
      await system.sleep(PAUSE, stop.signal);
      if (stop.signal.aborted) break;
      await sweepIfOurs().catch((error) => logger.error({ err: error }, "A sweep of shared folders failed."));
    }
    await store.leases
      .release(LEASE, owner)
      .catch((error) => logger.warn({ err: error }, "The lease of the sweep could not be released."));
  }

  return {
    start() {
      running ??= loop();
    },
    async stop() {
      stop.abort();
      await running;
    },
    once,
  };
}

function isNewer(mark: FolderMark | undefined, { lookedAt }: Look): boolean {
  const ahead = (mark?.sweptAt ?? 0) - lookedAt;
  return ahead > 0 && ahead <= NEWER_AT_MOST;
}

/** Has this pass been in the folder already, for another share of it or of a folder above it? */
function isCovered(found: ReadonlyMap<string, unknown>, { user, path }: OutgoingShare): boolean {
  return [path, ...foldersAbove(path)].some((folder) => found.has(keyOf(user, folder)));
}

function keyOf(user: string, path: string): string {
  return JSON.stringify([user, path]);
}
