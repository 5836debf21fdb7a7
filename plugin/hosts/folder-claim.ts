import { createHash } from "node:crypto";
import { fstatSync } from "node:fs";
import { type FileHandle, lstat, open, rename, rm } from "node:fs/promises";
import { HostFileError } from "../ports/host.ts";
import { fold, HIDDEN_PREFIX } from "./folder-path.ts";
import type { Place } from "./folder-place.ts";

/** A claim is held for milliseconds. One that is older than this was left by a process that was killed. */
const LEFT_AFTER = 30_000;

/**
 * Does the work that replaces a certain version of a file, or makes a file where none is, if nobody else is about to replace the same
 * version, in this process or in another one with the same folder. Who replaces it without a condition is not held up.
 * @param handle of the complete new file, which tells the time by the disk's own clock
 * @param expected etag of the version, null for none; undefined: there is no condition, and the work is done at once
 * @throws HostFileError changed, and what the work throws
 */
export async function claiming<T>(
  handle: FileHandle,
  { folder, name }: Place,
  expected: string | null | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (expected === undefined) return work();
  const claim = `${folder}/${HIDDEN_PREFIX}claim-${hashOf(name, expected)}`;
  const isOurs = (await make(claim)) || ((await clearLeft(claim, handle)) && (await make(claim)));
  if (!isOurs) throw new HostFileError("changed", "Somebody else is replacing it.");
  try {
    return await work();
  } finally {
    await rm(claim, { force: true });
  }
}

function hashOf(name: string, expected: string | null): string {
  const text = JSON.stringify([fold(name), expected]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** The operating system lets one of all make it. */
async function make(claim: string): Promise<boolean> {
  try {
    await (await open(claim, "wx")).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Is the claim gone, or was it left behind and is removed now? */
async function clearLeft(claim: string, handle: FileHandle): Promise<boolean> {
  const found = await lstat(claim).catch(missing);
  if (found === undefined) return true;
  // What may have been written long ago gets a time of now, without another change.
  const { mode } = fstatSync(handle.fd);
  await handle.chmod(mode & 0o7777);
  if (fstatSync(handle.fd).ctimeMs - found.mtimeMs <= LEFT_AFTER) return false;
  const aside = `${claim}-${process.pid}`;
  const moved = await rename(claim, aside).then(() => true, missing);
  if (moved === undefined) return true;
  const taken = await lstat(aside).catch(missing);
  // The disk may give the number of a removed file to the next one at once.
  if (taken?.ino === found.ino && taken.mtimeMs === found.mtimeMs) {
    await rm(aside, { force: true });
    return true;
  }
  // Somebody was quicker, and this is their own claim.
  await rename(aside, claim).catch(missing);
  return false;
}

function missing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
