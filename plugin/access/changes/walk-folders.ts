import { HostFileError, type HostFiles } from "../../ports/host.ts";
import { isUsableName } from "../dav/share-path.ts";
import { childPath } from "../tree-paths.ts";
import { folderDigest } from "./folder-digest.ts";
import type { Pace } from "./pace.ts";

/** Longer paths are not followed, so that a file adapter with a loop in it does not hold up the sweep for ever. */
export const LONGEST_PATH = 4096;
/** Entries after which others have their turn. */
const PIECE = 500;

/** One folder, as it was found. */
export interface FoundFolder {
  path: string;
  /** Of what is directly in it; null where it could not be read. */
  digest: string | null;
  /** The last millisecond of which all is in the digest. */
  lookedAt: number;
}

/**
 * A folder and all folders below it, each after those that are in it. What is not there, or goes away meanwhile, is left out; what cannot
 * be read comes without what is below it.
 */
export async function* walkFolders(
  files: Pick<HostFiles, "list">,
  user: string,
  top: string,
  pace: Pace,
): AsyncGenerator<FoundFolder> {
  const stack: Frame[] = [];
  const enter = async (path: string) => {
    const frame = await look(files, user, path, pace);
    if (frame !== undefined) stack.push(frame);
  };
  await enter(top);
  for (let folder = stack.at(-1); folder !== undefined; folder = stack.at(-1)) {
    const name = folder.below.pop();
    if (name !== undefined) {
      const path = childPath(folder.path, name);
      if (path.length <= LONGEST_PATH) await enter(path);
      continue;
    }
    stack.pop();
    const { path, digest, lookedAt } = folder;
    yield { path, digest, lookedAt };
  }
}

interface Frame extends FoundFolder {
  /** Names of the folders in it that are still to be visited. */
  below: string[];
}

async function look(
  files: Pick<HostFiles, "list">,
  user: string,
  path: string,
  pace: Pace,
): Promise<Frame | undefined> {
  const digest = folderDigest();
  const lookedAt = pace.now() - 1;
  const below: string[] = [];
  let count = 0;
  try {
    for await (const piece of files.list(user, path)) {
      for (const entry of piece) {
        digest.add(entry);
        if (entry.type === "folder" && isUsableName(entry.name)) below.push(entry.name);
        count += 1;
        if (count % PIECE === 0) await pace.done(0);
      }
    }
  } catch (error) {
    const gone = error instanceof HostFileError && GONE.has(error.failure);
    return gone ? undefined : { path, digest: null, lookedAt, below: [] };
  }
  await pace.done(1);
  return { path, digest: digest.value(), lookedAt, below };
}

/** Failures of the adapter that say: there is no such folder any more. */
export const GONE: ReadonlySet<string> = new Set(["not-found", "not-a-folder"]);
