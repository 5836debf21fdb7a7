import { statfs } from "node:fs/promises";
import { BadFlags } from "./words.ts";

const MEBIBYTE = 1024 * 1024;

/** Bytes that the servers of one run may need at a time, with room for their databases and logs. */
export const ROOM_FOR_RUN = 300 * MEBIBYTE;

/** @throws BadFlags where the disk of this folder has less room */
export async function mustHaveRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder).catch(() => {
    throw new BadFlags(`The folder for temporary files, ${folder}, cannot be used.`);
  });
  const free = bavail * bsize;
  if (free >= bytes) return;
  const [has, needs] = [free, bytes].map((size) => Math.floor(size / MEBIBYTE));
  throw new BadFlags(`There is no space: ${folder} has ${has} MiB left, and this needs ${needs} MiB.`);
}
