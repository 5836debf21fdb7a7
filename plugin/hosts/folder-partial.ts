import { createHash } from "node:crypto";
import { constants, fstatSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { HostFileError, type HostPartialFile } from "../ports/host.ts";
import type { FolderSync } from "./folder-disk.ts";
import { fileFailure } from "./folder-errors.ts";
import { HIDDEN_PREFIX } from "./folder-path.ts";
import { look, type Place } from "./folder-place.ts";
import { mayReplace, modeOf, type Writer } from "./folder-write.ts";

/** Bytes after which what has come is made durable: no more than these come twice. */
const STEP = 2 ** 23;
const FLAGS = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);

export interface PartialDeps {
  writer: Pick<Writer, "putInPlace">;
  syncFolder: FolderSync;
  /** Bytes that the person may add here; undefined: as many as the disk takes. */
  room(user: string): Promise<number | undefined>;
}

/** Opens the upload that is kept beside the place under this key, or begins it. */
export async function openPartial(
  user: string,
  place: Place,
  key: string,
  { writer, syncFolder, room }: PartialDeps,
): Promise<HostPartialFile> {
  const before = await look(place);
  mayReplace(place, before);
  const disk = `${place.folder}/${HIDDEN_PREFIX}${hashOf(place.name, key)}`;
  /** Lets the work use the file, and remembers how much of it is durable then. */
  async function using<T>(flags: number, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    try {
      const handle = await open(disk, flags, modeOf(before));
      try {
        return await work(handle);
      } finally {
        try {
          await handle.datasync();
          size = Number(fstatSync(handle.fd, { bigint: true }).size);
        } finally {
          await handle.close();
        }
      }
    } catch (error) {
      throw fileFailure(error);
    }
  }

  let size = 0;
  await using(FLAGS | constants.O_CREAT, async () => undefined);
  await syncFolder(place.folder);
  return {
    get size() {
      return size;
    },
    append: (content) =>
      using(FLAGS | constants.O_APPEND, async (handle) => {
        const most = await room(user);
        await receive(content, handle, most);
      }),
    finish: (options) =>
      using(FLAGS, async (handle) => {
        const present = await look(place);
        mayReplace(place, present);
        if (present !== undefined) await handle.chmod(modeOf(present));
        return writer.putInPlace(handle, disk, place, options);
      }),
    async discard() {
      await rm(disk, { force: true });
      await syncFolder(place.folder);
    },
  };
}

/** Writes what comes, and makes it durable from time to time. @throws HostFileError no-space, with more than `most` bytes */
async function receive(content: Readable, handle: FileHandle, most = Number.POSITIVE_INFINITY): Promise<void> {
  let left = most;
  let unsynced = 0;
  for await (const chunk of content) {
    left -= chunk.length;
    if (left < 0) throw new HostFileError("no-space", "The quota is used up.");
    await handle.writeFile(chunk);
    unsynced += chunk.length;
    if (unsynced < STEP) continue;
    await handle.datasync();
    unsynced = 0;
  }
}

/** Two files of one folder may be uploaded under the same key. */
function hashOf(name: string, key: string): string {
  return createHash("sha256").update(`${name}\0${key}`).digest("hex").slice(0, 32);
}
