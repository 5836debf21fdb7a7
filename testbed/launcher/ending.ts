import { constants } from "node:fs";
import { access, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { BadFlags } from "./words.ts";

/** Exit codes that all commands have in common. */
export const EXIT_USAGE = 2;
export const EXIT_INTERRUPTED = 130;

/** What an earlier run wrote goes away, so that nobody takes it for this one's. @throws BadFlags */
export async function clear(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  try {
    await access(dirname(file), constants.W_OK);
    await rm(file, { force: true });
  } catch {
    throw new BadFlags(`${file} cannot be written.`);
  }
}
