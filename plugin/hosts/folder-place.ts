import { type BigIntStats, lstatSync } from "node:fs";
import { lstat, stat } from "node:fs/promises";
import { HostFileError } from "../ports/host.ts";
import { lastSegment, segmentsOf } from "./folder-path.ts";

/** Absolute path of the folder that is a person's root. */
export type RootOf = (user: string) => string | Promise<string>;

/** Where on the disk a path leads. */
export interface Place {
  /** The last name, "" for the root. */
  name: string;
  disk: string;
  /** The folder on disk that `disk` is in; for the root itself the root. */
  folder: string;
  /** The folders between the root and the last name, from the top. None of them may be a link. */
  way: string[];
}

/** Nothing is looked at on disk. @throws HostFileError bad-name */
export async function placeOf(rootOf: RootOf, user: string, path: string): Promise<Place> {
  const segments = segmentsOf(path);
  const root = await rootOf(user);
  let folder = root;
  const way = segments.slice(0, -1).map((segment) => {
    folder = `${folder}/${segment}`;
    return folder;
  });
  const name = lastSegment(path);
  return { name, disk: name === "" ? root : `${folder}/${name}`, folder, way };
}

/**
 * That no link lies on the way, so that the place is inside of the root. Called after the place itself has been looked at in the
 * thread pool: what it asks the disk for is in memory then, and asking takes microseconds.
 * @throws HostFileError not-found, not-a-folder
 */
export function checkWay({ way }: Place): void {
  for (const folder of way) {
    const stats = lstatSync(folder);
    if (stats.isFile()) throw new HostFileError("not-a-folder", "Part of the path is not a folder.");
    if (!stats.isDirectory()) throw new HostFileError("not-found", "There is no such folder.");
  }
}

/** Metadata of whatever is there, a link itself included; undefined when nothing is. @throws where the way does not lead there */
export async function look(place: Place): Promise<BigIntStats | undefined> {
  // The root alone may be reached by a link.
  const found = await (place.name === "" ? stat : lstat)(place.disk, { bigint: true }).catch(absent);
  checkWay(place);
  return found;
}

/** The same of what is at a path whose way has just been checked, at once. */
export function lookAgain(disk: string): BigIntStats | undefined {
  try {
    return lstatSync(disk, { bigint: true });
  } catch (error) {
    return absent(error);
  }
}

/** The file or folder that is there. @throws HostFileError not-found, not-a-folder */
export async function existing(place: Place): Promise<BigIntStats> {
  const stats = await look(place);
  if (!(stats?.isFile() || stats?.isDirectory())) {
    throw new HostFileError("not-found", "There is no such file or folder.");
  }
  return stats;
}

function absent(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (!["ENOENT", "ENOTDIR", "ELOOP"].includes(code)) throw error;
  return undefined;
}
