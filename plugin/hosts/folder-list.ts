import type { BigIntStats, Dir } from "node:fs";
import { lstatSync } from "node:fs";
import { lstat, opendir, readdir } from "node:fs/promises";
import type { HostEntry } from "../ports/host.ts";
import { entryOf } from "./folder-disk.ts";
import { isHidden } from "./folder-path.ts";

/** Children that are read and looked at in one go; this holds up everything else for about a millisecond. */
const SLICE = 512;

/** Bytes that a folder itself takes on disk, up to which its names, some thousands, are read at once: that takes half of the time. */
const SMALL = 262_144;

/**
 * The files and folders in a folder on disk, in pieces; links, pipes and what is hidden are left out.
 * @param size bytes that the folder itself takes, as far as the disk tells them
 * @param hidden told the name of each entry that is the store's own
 */
export async function* listFolder(
  disk: string,
  size: number,
  hidden: (name: string) => void,
): AsyncGenerator<HostEntry[]> {
  for await (const names of size <= SMALL ? namesAtOnce(disk) : namesInTurn(disk)) {
    const shown = names.filter((name) => {
      if (!isHidden(name)) return true;
      hidden(name);
      return false;
    });
    yield await entriesOf(disk, shown);
  }
}

async function* namesAtOnce(disk: string): AsyncGenerator<string[]> {
  const names = await readdir(disk);
  for (let start = 0; start < names.length; start += SLICE) yield names.slice(start, start + SLICE);
}

async function* namesInTurn(disk: string): AsyncGenerator<string[]> {
  const folder = await opendir(disk, { bufferSize: SLICE });
  try {
    for (let names = await nextNames(folder); names.length > 0; names = await nextNames(folder)) yield names;
  } finally {
    folder.closeSync();
  }
}

/** The next names, none at the end. The first is read in the thread pool, which brings along those that fill the buffer. */
async function nextNames(folder: Dir): Promise<string[]> {
  const names: string[] = [];
  let child = await folder.read();
  while (child !== null) {
    names.push(child.name);
    if (names.length === SLICE) break;
    child = folder.readSync();
  }
  return names;
}

/**
 * Looks at the first in the thread pool: others get their turn, and a cold disk reads what lies beside it. The rest is looked at
 * directly, which takes a third of the time. What has gone in the meantime is left out.
 */
async function entriesOf(folder: string, names: readonly string[]): Promise<HostEntry[]> {
  const entries: HostEntry[] = [];
  const add = (name: string, stats: BigIntStats | undefined) => {
    if (stats?.isFile() || stats?.isDirectory()) entries.push(entryOf(name, stats));
  };
  const [first, ...others] = names;
  if (first === undefined) return entries;
  add(first, await lstat(`${folder}/${first}`, { bigint: true }).catch(ifMissing));
  for (const name of others) {
    add(name, lstatSync(`${folder}/${name}`, { bigint: true, throwIfNoEntry: false }));
  }
  return entries;
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
  return undefined;
}
