import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const HERE = fileURLToPath(new URL("../../", import.meta.url));

/** A commit that does not exist, or a repository that is none; the message is one sentence. */
export class NoSuchCommit extends Error {}

/** Files of another commit, with the load tests of this checkout in place of its own: what differs is the plugin. */
export interface Checkout {
  folder: string;
  /** Full name of the commit. */
  commit: string;
}

/**
 * Puts the files of a commit into a folder that does not exist yet. Its packages are those of this checkout where the lock file is the same,
 * and installed anew otherwise.
 *
 * @throws NoSuchCommit
 */
export async function checkOut(revision: string, folder: string, progress: (line: string) => void): Promise<Checkout> {
  const git = async (...words: string[]) => (await run("git", words, { cwd: HERE, maxBuffer: 2 ** 28 })).stdout.trim();
  const commit = await git("rev-parse", "--verify", "--quiet", `${revision}^{commit}`).catch(() => {
    throw new NoSuchCommit(`There is no commit “${revision}” in this repository.`);
  });
  await mkdir(folder, { recursive: true });
  const archive = join(folder, "files.tar");
  await git("archive", "--format=tar", `--output=${archive}`, commit);
  await run("tar", ["-xf", archive, "-C", folder]);
  await rm(archive);
  await rm(join(folder, "loadtests"), { recursive: true, force: true });
  await cp(join(HERE, "loadtests"), join(folder, "loadtests"), { recursive: true });
  const lockOf = (place: string) => readFile(join(place, "package-lock.json"), "utf8").catch(() => "");
  if ((await lockOf(folder)) === (await lockOf(HERE))) {
    await symlink(join(HERE, "node_modules"), join(folder, "node_modules"));
  } else {
    progress("The base has other packages; they are installed.");
    await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, maxBuffer: 2 ** 26 });
  }
  return { folder, commit };
}
