import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { mustHaveRoom } from "./room.ts";
import { BadFlags } from "./words.ts";

/** Bytes that the servers and the files of one walk need. */
const ROOM_FOR_WALK = 150 * 1024 * 1024;

/**
 * The folder in which the servers of `npm start` keep what they have: the named one, which is made where it is not there, or a new one.
 * @throws BadFlags where it cannot be made or written, or has no room
 */
export async function dataFolder(named: string | undefined, room = ROOM_FOR_WALK): Promise<string> {
  if (named === undefined) {
    await mustHaveRoom(tmpdir(), room);
    return mkdtemp(join(tmpdir(), "koa-ocm-")).catch((error: unknown) => {
      throw new BadFlags(`The folder for temporary files, ${tmpdir()}, cannot be written: ${describe(error)}`);
    });
  }
  const folder = resolve(named);
  await makeFolder(folder);
  await mustTakeFiles(folder);
  await mustHaveRoom(folder, room);
  return folder;
}

/**
 * Makes a folder and those above it, one after the other: Node's own way never comes back where a place takes no folders, such as /proc.
 * @throws BadFlags where that cannot be done
 */
export async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let path = folder; !(await isFolder(path)); path = dirname(path)) missing.unshift(path);
  for (const path of missing) {
    try {
      await mkdir(path);
    } catch (error) {
      // Somebody else may have been first.
      if (!(await isFolder(path))) throw new BadFlags(`--data: ${path} cannot be made: ${describe(error)}`);
    }
  }
}

/** @throws BadFlags where it is something else, or it cannot be told what */
async function isFolder(path: string): Promise<boolean> {
  try {
    const isOne = (await stat(path)).isDirectory();
    if (!isOne) throw new BadFlags(`--data: ${path} is a file; a folder is needed.`);
    return true;
  } catch (error) {
    if (error instanceof BadFlags) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // Below a file nothing is: the file itself is met further up.
    if ((code === "ENOENT" || code === "ENOTDIR") && dirname(path) !== path) return false;
    throw new BadFlags(`--data: ${path} cannot be used: ${describe(error)}`);
  }
}

/** Permissions do not tell it of every disk, so it is tried. */
async function mustTakeFiles(folder: string): Promise<void> {
  try {
    await rm(await mkdtemp(join(folder, ".koa-ocm-")), { recursive: true });
  } catch (error) {
    throw new BadFlags(`--data: ${folder} cannot be written: ${describe(error)}`);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
