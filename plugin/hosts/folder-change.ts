import type { BigIntStats } from "node:fs";
import { lutimes, mkdir, rename, rm, unlink, utimes } from "node:fs/promises";
import { type HostEntry, HostFileError } from "../ports/host.ts";
import { entryOf, type FolderSync } from "./folder-disk.ts";
import type { PathLocks } from "./folder-locks.ts";
import { fold } from "./folder-path.ts";
import { existing, look, lookAgain, type Place } from "./folder-place.ts";
import { secondsOf } from "./folder-times.ts";

export interface ChangerDeps {
  locks: PathLocks;
  syncFolder: FolderSync;
  /** A path in the folder that nobody has. */
  hiddenName(folder: string): string;
}

/** What changes names and times, not content. */
export interface Changer {
  mkdir(place: Place): Promise<void>;
  move(from: Place, to: Place, replace: boolean): Promise<void>;
  remove(place: Place): Promise<void>;
  touch(place: Place, modifiedAt: number): Promise<HostEntry>;
}

export function createChanger({ locks, syncFolder, hiddenName }: ChangerDeps): Changer {
  /** A folder that is replaced goes out of sight first, so that one of the two is there at every moment but an instant. */
  async function renameOverFolder(from: Place, to: Place): Promise<void> {
    const aside = hiddenName(to.folder);
    await rename(to.disk, aside);
    try {
      await rename(from.disk, to.disk);
    } catch (error) {
      await rename(aside, to.disk);
      throw error;
    }
    await syncFolder(to.folder);
    // What cannot be removed is out of sight; it is tried again later, with what killed processes leave behind.
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
  }

  return {
    async mkdir(place) {
      if (place.name === "") throw new HostFileError("exists", "This folder exists.");
      await look(place);
      await mkdir(place.disk);
      await syncFolder(place.folder);
    },

    async move(from, to, replace) {
      if (from.name === "" || to.name === "") {
        throw new HostFileError("forbidden", "The root cannot be moved or replaced.");
      }
      if (to.disk.startsWith(`${from.disk}/`)) {
        throw new HostFileError("forbidden", "A folder cannot be moved into itself.");
      }
      await locks([from.disk, to.disk], async () => {
        const source = await existing(from);
        const taken = await look(to);
        if (taken === undefined || isItself(from, to, source, taken)) {
          await rename(from.disk, to.disk);
          return;
        }
        if (!replace) throw new HostFileError("exists", "The name is taken.");
        if (!(taken.isFile() || taken.isDirectory())) {
          throw new HostFileError("forbidden", "The name is taken by something that is no file.");
        }
        if (from.disk === to.disk || from.disk.startsWith(`${to.disk}/`)) {
          throw new HostFileError("forbidden", "Something cannot replace itself or a folder that it is in.");
        }
        if (source.isFile() && taken.isFile()) await rename(from.disk, to.disk);
        else await renameOverFolder(from, to);
      });
      await syncFolder(to.folder);
      if (from.folder !== to.folder) await syncFolder(from.folder);
    },

    async remove(place) {
      if (place.name === "") throw new HostFileError("forbidden", "The root cannot be removed.");
      await locks([place.disk], async () => {
        const stats = await existing(place);
        await (stats.isDirectory() ? rm(place.disk, { recursive: true }) : unlink(place.disk));
      });
      await syncFolder(place.folder);
    },

    touch: (place, modifiedAt) =>
      locks([place.disk], async () => {
        const { atimeMs } = await existing(place);
        // The root alone may be reached by a link.
        const change = place.name === "" ? utimes : lutimes;
        await change(place.disk, secondsOf(Number(atimeMs)), secondsOf(modifiedAt));
        const stats = lookAgain(place.disk);
        if (stats === undefined) throw new HostFileError("not-found", "There is no such file or folder.");
        return entryOf(place.name, stats);
      }),
  };
}

/** On a disk that does not tell capitals apart, a change of capitals finds the file itself. */
function isItself(from: Place, to: Place, source: BigIntStats, taken: BigIntStats): boolean {
  return (
    taken.ino === source.ino && taken.dev === source.dev && from.disk !== to.disk && fold(from.disk) === fold(to.disk)
  );
}
