import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, opendir, realpath, rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type HostEntry, HostFileError, type HostFiles } from "../ports/host.ts";
import { entriesOf, entryOf, lstatOrUndefined, makeNewer, syncFolder } from "./folder-disk.ts";
import { fileFailure, isMissing } from "./folder-errors.ts";
import { fold, lastSegment, segmentsOf, UPLOAD_PREFIX } from "./folder-path.ts";

/** How many children of a folder are looked at together. */
const LIST_BATCH = 64;
const READ_CHUNK = 256 * 1024;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
/** So that a named pipe put in place of a file cannot hold up a thread. */
const NON_BLOCK = constants.O_NONBLOCK ?? 0;

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
 * - A write goes to a hidden temporary file in the same folder, which is synced and then renamed. A killed process may leave
 *   that file behind; it is invisible here and can be deleted.
 * - `move` refuses to replace (`exists`). The root itself can be neither moved nor removed (`forbidden`).
 *
 * @param rootOf Absolute path of the existing folder that is a person's root. It must not let an identifier climb out of its
 * place (`../bob`). A missing folder means that the person has no files: `not-found`.
 */
export function folderFiles(rootOf: (user: string) => string | Promise<string>): HostFiles {
  let uploads = 0;

  /** The path on disk, after a check that no link lies on the way to it. The last segment is not looked at. */
  async function locate(user: string, path: string): Promise<string> {
    const segments = segmentsOf(path);
    const root = await rootOf(user);
    const folder = segments.slice(0, -1);
    const [realRoot, realFolder] = await Promise.all([realpath(root), realpath(join(root, ...folder))]);
    if (realFolder !== join(realRoot, ...folder)) {
      throw new HostFileError("not-found", "There is no such folder.");
    }
    return join(realFolder, ...segments.slice(-1));
  }

  async function inspect(user: string, path: string): Promise<{ disk: string; stats: BigIntStats }> {
    const disk = await locate(user, path);
    const stats = await lstat(disk, { bigint: true });
    if (!(stats.isFile() || stats.isDirectory())) {
      throw new HostFileError("not-found", "There is no such file or folder.");
    }
    return { disk, stats };
  }

  /** A new file in the folder under a name of which the operating system says that nobody has it. */
  async function openUpload(folder: string, mode: number): Promise<{ disk: string; handle: FileHandle }> {
    for (;;) {
      uploads += 1;
      const disk = join(folder, `${UPLOAD_PREFIX}${process.pid}-${uploads}`);
      try {
        return { disk, handle: await open(disk, "wx", mode) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
          throw error;
        }
      }
    }
  }

  async function* list(user: string, path: string): AsyncGenerator<HostEntry> {
    const { disk, stats } = await inspect(user, path);
    if (!stats.isDirectory()) {
      throw new HostFileError("not-a-folder", "This is not a folder.");
    }
    let batch: string[] = [];
    for await (const { name } of await opendir(disk, { bufferSize: LIST_BATCH })) {
      if (!name.startsWith(UPLOAD_PREFIX)) {
        batch.push(name);
      }
      if (batch.length === LIST_BATCH) {
        yield* await entriesOf(disk, batch);
        batch = [];
      }
    }
    yield* await entriesOf(disk, batch);
  }

  async function read(user: string, path: string, range?: { start: number; end: number }): Promise<Readable> {
    const { disk, stats } = await inspect(user, path);
    if (stats.isDirectory()) {
      throw new HostFileError("is-a-folder", "This is a folder.");
    }
    const handle = await open(disk, constants.O_RDONLY | NO_FOLLOW | NON_BLOCK);
    return handle.createReadStream({ ...range, highWaterMark: READ_CHUNK });
  }

  async function write(user: string, path: string, content: Readable): Promise<HostEntry> {
    if (path === "/") {
      throw new HostFileError("is-a-folder", "This is a folder.");
    }
    const disk = await locate(user, path);
    const before = await lstatOrUndefined(disk);
    if (before?.isDirectory()) {
      throw new HostFileError("is-a-folder", "This is a folder.");
    }
    if (before && !before.isFile()) {
      throw new HostFileError("forbidden", "The name is taken by something that is no file.");
    }
    const folder = join(disk, "..");
    const upload = await openUpload(folder, before ? Number(before.mode) & 0o777 : 0o666);
    try {
      await upload.handle.writeFile(content);
      await makeNewer(upload.handle, before);
      await upload.handle.sync();
      await rename(upload.disk, disk);
      const stats = await upload.handle.stat({ bigint: true });
      await syncFolder(folder);
      return entryOf(lastSegment(path), stats);
    } catch (error) {
      await rm(upload.disk, { force: true });
      throw error;
    } finally {
      await upload.handle.close();
    }
  }

  async function makeFolder(user: string, path: string): Promise<void> {
    if (path === "/") {
      throw new HostFileError("exists", "This folder exists.");
    }
    const disk = await locate(user, path);
    await mkdir(disk);
    await syncFolder(join(disk, ".."));
  }

  async function move(user: string, from: string, to: string): Promise<void> {
    if (from === "/" || to === "/") {
      throw new HostFileError("forbidden", "The root cannot be moved or replaced.");
    }
    if (to.startsWith(`${from}/`)) {
      throw new HostFileError("forbidden", "A folder cannot be moved into itself.");
    }
    const source = await inspect(user, from);
    const target = await locate(user, to);
    const taken = await lstatOrUndefined(target);
    // On a disk that does not tell capitals apart, a change of capitals finds the file itself.
    const itself =
      taken?.ino === source.stats.ino && taken.dev === source.stats.dev && from !== to && fold(from) === fold(to);
    if (taken && !itself) {
      throw new HostFileError("exists", "The name is taken.");
    }
    await rename(source.disk, target);
    await syncFolder(join(target, ".."));
    await syncFolder(join(source.disk, ".."));
  }

  async function remove(user: string, path: string): Promise<void> {
    if (path === "/") {
      throw new HostFileError("forbidden", "The root cannot be removed.");
    }
    const { disk, stats } = await inspect(user, path);
    await (stats.isDirectory() ? rm(disk, { recursive: true }) : unlink(disk));
    await syncFolder(join(disk, ".."));
  }

  return {
    stat: (user, path) =>
      inspect(user, path).then(
        ({ stats }) => entryOf(lastSegment(path), stats),
        (error) => {
          if (isMissing(error)) {
            return undefined;
          }
          throw fileFailure(error);
        },
      ),
    list: (user, path) => explained(list(user, path)),
    read: (...parameters) => read(...parameters).catch(raise),
    write: (...parameters) => write(...parameters).catch(raise),
    mkdir: (...parameters) => makeFolder(...parameters).catch(raise),
    move: (...parameters) => move(...parameters).catch(raise),
    remove: (...parameters) => remove(...parameters).catch(raise),
  };
}

function raise(error: unknown): never {
  throw fileFailure(error);
}

async function* explained(entries: AsyncIterable<HostEntry>): AsyncGenerator<HostEntry> {
  try {
    yield* entries;
  } catch (error) {
    throw fileFailure(error);
  }
}
