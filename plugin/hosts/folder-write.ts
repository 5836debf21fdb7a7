import { type BigIntStats, fstatSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { type Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type HostEntry, HostFileError, type HostWriteOptions } from "../ports/host.ts";
import { claiming } from "./folder-claim.ts";
import { entryOf, type FolderSync } from "./folder-disk.ts";
import type { Leftovers } from "./folder-leftovers.ts";
import type { PathLocks } from "./folder-locks.ts";
import { HIDDEN_PREFIX } from "./folder-path.ts";
import { checkWay, look, lookAgain, type Place } from "./folder-place.ts";
import { settleTime } from "./folder-times.ts";

/** What waits in memory while the disk is writing, written in one go then. Bytes. */
const WAITING = 2 ** 20;

export interface WriterDeps {
  locks: PathLocks;
  syncFolder: FolderSync;
  leftovers: Leftovers;
  /** Bytes that the person may add here; undefined: as many as the disk takes. */
  room(user: string): Promise<number | undefined>;
}

export interface Writer {
  write(user: string, place: Place, content: Readable, options?: HostWriteOptions): Promise<HostEntry>;
  /** Puts a complete file of the same folder in its place. The handle stays open. */
  putInPlace(handle: FileHandle, disk: string, place: Place, options?: HostWriteOptions): Promise<HostEntry>;
  /** A path in the folder that nobody has. */
  hiddenName(folder: string): string;
}

export function createWriter({ locks, syncFolder, leftovers, room }: WriterDeps): Writer {
  let made = 0;
  const hiddenName = (folder: string) => {
    made += 1;
    return `${folder}/${HIDDEN_PREFIX}${process.pid}-${made}`;
  };

  /** A new file in the folder under a name of which the operating system says that nobody has it. */
  async function openUpload(folder: string, mode: number): Promise<{ disk: string; handle: FileHandle }> {
    for (;;) {
      const disk = hiddenName(folder);
      try {
        return { disk, handle: await open(disk, "wx", mode) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  }

  const putInPlace: Writer["putInPlace"] = async (handle, disk, place, { expected, modifiedAt } = {}) => {
    const entry = await locks([place.disk], async () => {
      await settleTime(handle, lookAgain(place.disk), modifiedAt);
      await handle.sync();
      return claiming(handle, place, expected, async () => {
        checkWay(place);
        const present = lookAgain(place.disk);
        mayReplace(place, present);
        expect(present, expected);
        await rename(disk, place.disk);
        return entryOf(place.name, fstatSync(handle.fd, { bigint: true }));
      });
    });
    await syncFolder(place.folder);
    return entry;
  };

  return {
    hiddenName,
    putInPlace,
    async write(user, place, content, options) {
      const before = await look(place);
      mayReplace(place, before);
      const most = await room(user);
      const upload = await openUpload(place.folder, modeOf(before));
      try {
        void leftovers.sweep(fstatSync(upload.handle.fd, { bigint: true }));
        await receive(content, upload.handle, most === undefined ? undefined : most + Number(before?.size ?? 0));
        return await putInPlace(upload.handle, upload.disk, place, options);
      } catch (error) {
        await rm(upload.disk, { force: true });
        throw error;
      } finally {
        await upload.handle.close();
      }
    },
  };
}

/** Permission bits of the file that takes this one's place. */
export function modeOf(before: BigIntStats | undefined): number {
  return before === undefined ? 0o666 : Number(before.mode) & 0o777;
}

/** That a file may take the place of what is there. @throws HostFileError is-a-folder, forbidden */
export function mayReplace(place: Place, present: BigIntStats | undefined): void {
  if (place.name === "" || present?.isDirectory()) {
    throw new HostFileError("is-a-folder", "This is a folder.");
  }
  if (present !== undefined && !present.isFile()) {
    throw new HostFileError("forbidden", "The name is taken by something that is no file.");
  }
}

/** @throws HostFileError changed */
function expect(present: BigIntStats | undefined, expected: string | null | undefined): void {
  if (expected === undefined) return;
  const etag = present === undefined ? null : entryOf("", present).etag;
  if (etag !== expected) throw new HostFileError("changed", "Something else is there now.");
}

/** Writes all of the stream where the handle is. @throws HostFileError no-space, with more than `most` bytes */
async function receive(content: Readable, handle: FileHandle, most?: number): Promise<void> {
  const write = (buffers: Buffer[], done: (error?: Error) => void) => void writeAll(handle, buffers).then(done, done);
  const sink = new Writable({
    highWaterMark: WAITING,
    write: (chunk: Buffer, _encoding, done) => write([chunk], done),
    writev: (waiting, done) =>
      write(
        waiting.map(({ chunk }) => chunk),
        done,
      ),
  });
  if (most === undefined) await pipeline(content, sink);
  else await pipeline(content, atMost(most), sink);
}

async function writeAll(handle: FileHandle, buffers: Buffer[]): Promise<undefined> {
  const { bytesWritten } = await handle.writev(buffers);
  const all = buffers.reduce((sum, { length }) => sum + length, 0);
  // The disk took less where it is nearly full; the rest tells why.
  if (bytesWritten < all) await handle.writeFile(Buffer.concat(buffers).subarray(bytesWritten));
}

function atMost(most: number): Transform {
  let left = most;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      if (left < 0) done(new HostFileError("no-space", "The quota is used up."));
      else done(null, chunk);
    },
  });
}
