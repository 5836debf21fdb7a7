import { statfs } from "node:fs/promises";
import type { HostEntry, HostFiles, HostQuota } from "../ports/host.ts";
import { HostFileError } from "../ports/host.ts";
import { createChanger } from "./folder-change.ts";
import { createFolderSync, entryOf } from "./folder-disk.ts";
import { fileFailure, isMissing } from "./folder-errors.ts";
import { createLeftovers } from "./folder-leftovers.ts";
import { listFolder } from "./folder-list.ts";
import { createPathLocks } from "./folder-locks.ts";
import { createOpener } from "./folder-open.ts";
import { openPartial } from "./folder-partial.ts";
import { existing, placeOf, type RootOf } from "./folder-place.ts";
import { createWriter } from "./folder-write.ts";

export interface FolderOptions {
  /**
   * How much a person may still store, by the host's own account; undefined: as much as the disk takes. Asked before each upload,
   * which is refused with `no-space` once it is longer than that and the file that it replaces, and whenever a client asks for
   * the quota, so it has to be quick.
   */
  quota?(user: string): Promise<HostQuota | undefined>;
}

/**
 * A `HostFiles` over one folder per person on this machine's disk.
 *
 * - Names are used byte for byte as UTF-8; composed and decomposed accents are different names. Names on disk that are not
 *   UTF-8 are not shown.
 * - Symbolic links, named pipes, sockets and devices are treated as absent, so no path leads out of the root. This holds against
 *   links that are there; it is no sandbox against somebody who exchanges folders for links on the same disk at the same moment.
 * - A file's etag is strong: it covers inode, size, and times of content and inode to the nanosecond; a write through this
 *   store always changes it. A folder's etag covers what comes, goes or is replaced directly in it. It does not cover files that
 *   other programs change in place, nor anything deeper.
 * - There is no `id`: a replaced file is a new inode, so the disk has no identifier that survives writes and renames both.
 * - A version of a file that is being read is open once, however many read it. The more readers there are, the smaller are the
 *   pieces in which they read, so that memory stays bounded.
 * - A write goes to a hidden temporary file in the same folder, which is synced and then renamed; then the folder is synced.
 *   What is `expected` is looked at in the moment before the rename, and nobody in this process can come between the two. Of writes that
 *   expect the same, one wins, also in several processes with one folder: each has to make a hidden file first that only one can make.
 *   What another process does without a condition, or removes or moves with one, within that moment would be lost, as well as what another
 *   program does. After a kill in that moment nobody can replace the version that was expected for 30 seconds.
 * - A move that replaces a folder renames that one to a hidden name first. Whatever hidden things a killed process leaves behind are
 *   invisible here. Those that a listing meets are removed during a later write once they are a week old.
 * - Whole milliseconds from 1970 on are kept exactly as times.
 * - The quota is what the disk has left, or what `options.quota` says, whichever is less.
 * - The root itself can be neither moved nor removed (`forbidden`).
 *
 * @param rootOf Absolute path of the existing folder that is a person's root. It must not let an identifier climb out of its
 * place (`../bob`). A missing folder means that the person has no files: `not-found`.
 */
export function folderFiles(rootOf: RootOf, options: FolderOptions = {}): HostFiles {
  const locks = createPathLocks();
  const syncFolder = createFolderSync();
  const leftovers = createLeftovers();
  const room = async (user: string) => (await options.quota?.(user))?.available;
  const writer = createWriter({ locks, syncFolder, leftovers, room });
  const changer = createChanger({ locks, syncFolder, hiddenName: writer.hiddenName });
  const openFile = createOpener();
  const place = (user: string, path: string) => placeOf(rootOf, user, path);

  async function* list(user: string, path: string): AsyncGenerator<HostEntry[]> {
    const folder = await place(user, path);
    const stats = await existing(folder);
    if (!stats.isDirectory()) {
      throw new HostFileError("not-a-folder", "This is not a folder.");
    }
    yield* listFolder(folder.disk, Number(stats.size), (name) => leftovers.met(`${folder.disk}/${name}`));
  }

  async function quota(user: string, path: string): Promise<HostQuota | undefined> {
    const { disk, ...rest } = await place(user, path);
    await existing({ disk, ...rest });
    const { bavail, bsize } = await statfs(disk, { bigint: true });
    const free = Number(bavail * bsize);
    const own = await options.quota?.(user);
    return own === undefined ? { available: free } : { ...own, available: Math.max(0, Math.min(own.available, free)) };
  }

  return {
    stat: (user, path) => orUndefined(place(user, path).then(async (at) => entryOf(at.name, await existing(at)))),
    list: (user, path) => explained(list(user, path)),
    open: (user, path) => place(user, path).then(openFile).catch(raise),
    write: (user, path, content, how) =>
      place(user, path)
        .then((at) => writer.write(user, at, content, how))
        .catch(raise),
    mkdir: (user, path) => place(user, path).then(changer.mkdir).catch(raise),
    move: (user, from, to, { replace = false } = {}) =>
      Promise.all([place(user, from), place(user, to)])
        .then(([source, target]) => changer.move(source, target, replace))
        .catch(raise),
    remove: (user, path) => place(user, path).then(changer.remove).catch(raise),
    touch: (user, path, modifiedAt) =>
      place(user, path)
        .then((at) => changer.touch(at, modifiedAt))
        .catch(raise),
    quota: (user, path) => orUndefined(quota(user, path)),
    resume: (user, path, key) =>
      place(user, path)
        .then((at) => openPartial(user, at, key, { writer, syncFolder, room }))
        .catch(raise),
  };
}

function raise(error: unknown): never {
  throw fileFailure(error);
}

/** Undefined where nothing is, or can be, at the path. */
async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileFailure(error);
  }
}

async function* explained(entries: AsyncIterable<HostEntry[]>): AsyncGenerator<HostEntry[]> {
  try {
    yield* entries;
  } catch (error) {
    throw fileFailure(error);
  }
}
