import { HostFileError, type HostFiles } from "../../ports/host.ts";
import type { FolderMark } from "../../ports/records.ts";
import type { System } from "../../ports/system.ts";
import { isUsableName } from "../dav/share-path.ts";
import { childPath } from "../tree-paths.ts";
import { folderDigest } from "./folder-digest.ts";
import { asFolder, changed, folderVersions, type MarkedTree, marksOf } from "./folder-versions.ts";
import { GONE, LONGEST_PATH } from "./walk-folders.ts";

/** What is looked at before one answer, at most: a few milliseconds on a disk. */
const MOST_ENTRIES = 2_000;
const MOST_FOLDERS = 100;
/** The digest of a folder of which it is not known what a tag was told for. No look ever finds it, so the next one moves the tag. */
export const NOT_LOOKED = "";

export interface LookDeps extends MarkedTree {
  files: Pick<HostFiles, "list">;
  system: Pick<System, "now">;
  share: { user: string };
}

/** What may still be looked at before an answer. */
export interface LookBudget {
  entries: number;
  folders: number;
}

/** For one answer. */
export function lookBudget(): LookBudget {
  return { entries: MOST_ENTRIES, folders: MOST_FOLDERS };
}

/**
 * Versions for entity tags that are about to be told. What the sweep finds later can only be compared with something if it was noted before
 * the tag went out; otherwise the sweep has to move the tag, although perhaps nothing has changed. So folders that nobody has looked at
 * since they came, or since the last write through koa-ocm, are looked at here, with what is below them; folders that are as they
 * were noted cost nothing. A tree of more than 2,000 entries or 100 folders to look at is left to the sweep: its tag may move once.
 */
export async function versionsToTell(
  deps: LookDeps,
  paths: readonly string[],
  budget: LookBudget,
): Promise<Map<string, number>> {
  const marks = await marksOf(deps, paths);
  const waiting = paths.filter((path) => isOpen(marks.get(path)));
  if (waiting.length > 0) {
    await lookAt(deps, waiting, budget);
    const versions = await folderVersions(deps, waiting);
    return new Map([...versionsIn(marks), ...versions]);
  }
  return versionsIn(marks);
}

/** Nobody has looked since the folder came, or since it was last told that something changed in it. */
function isOpen(mark: FolderMark | undefined): boolean {
  return mark === undefined || mark.digest === null || mark.version > (mark.sweptAt ?? 0);
}

function versionsIn(marks: ReadonlyMap<string, FolderMark>): Map<string, number> {
  return new Map([...marks].map(([path, { version }]) => [path, version]));
}

async function lookAt(deps: LookDeps, tops: readonly string[], budget: LookBudget): Promise<void> {
  // A write that is told in this millisecond may come after the look.
  const lookedAt = deps.system.now() - 1;
  const look = createLook(deps, budget);
  for (const top of tops) {
    const isTried = budget.folders > 0 && budget.entries >= 0;
    if (!(await look.at(top))) look.found.push({ path: top, digest: NOT_LOOKED, isTried });
  }
  await note(deps, look.found, lookedAt);
}

/**
 * A tag may have been told for what somebody else saw, earlier or at the same time: where that is not what was seen now, the version moves.
 * The folders above are noted after those in them: after a kill in between, none is taken for looked at that is not.
 */
async function note(deps: LookDeps, found: readonly Found[], lookedAt: number): Promise<void> {
  const paths = found.map(({ path }) => path);
  const marks = await marksOf(deps, paths);
  const digestOf = (path: string) => marks.get(path)?.digest ?? null;
  const toNote = found.filter(({ path, digest, isTried = true }) =>
    // What has no mark has no version that could hide a change, and gets both from the sweep; a mark says that it was too much to look at.
    digest === NOT_LOOKED ? isTried || marks.has(path) : isOpen(marks.get(path)) || digestOf(path) !== digest,
  );
  const differing = toNote.filter(({ path, digest }) => digestOf(path) !== null && digestOf(path) !== digest);
  // One time for both: whatever is told from now on gives a version that is higher.
  const now = deps.system.now();
  await changed(
    { ...deps, system: { now: () => now } },
    differing.map(({ path }) => asFolder(path)),
  );
  // What was told since the look began may not be in it: then the next tag waits for another look.
  const at = (path: string) => ((marks.get(path)?.version ?? 0) > lookedAt ? lookedAt : now);
  for (const level of levels(toNote)) {
    await Promise.all(level.map(({ path, digest }) => noteLook(deps, path, digest, at(path), digestOf(path))));
  }
}

/**
 * Notes what a look saw, unless somebody else has noted something since it began. Then nobody knows which of the two is older, and tags may
 * have been told for both: the version moves now, and with the next look once more.
 */
export async function noteLook(
  deps: MarkedTree & { system: Pick<System, "now"> },
  path: string,
  digest: string,
  lookedAt: number,
  before: string | null,
): Promise<void> {
  const { marks } = deps.store;
  if (await marks.saw(deps.tree, path, digest, lookedAt, before)) return;
  const [other] = await marks.of(deps.tree, [path]);
  if (other?.digest === digest) return;
  await changed(deps, [asFolder(path)]);
  await marks.saw(deps.tree, path, NOT_LOOKED, lookedAt);
}

interface Found {
  path: string;
  digest: string;
  /** False: others had used up what may be looked at. @default true */
  isTried?: boolean;
}

function createLook(deps: LookDeps, budget: LookBudget) {
  const found: Found[] = [];

  /** The digest of what is in a folder, and the folders in it; undefined where it is too much. */
  async function read(path: string): Promise<{ digest: string; below: string[] } | undefined> {
    const digest = folderDigest();
    const below: string[] = [];
    for await (const piece of deps.files.list(deps.share.user, path)) {
      budget.entries -= piece.length;
      if (budget.entries < 0) return undefined;
      for (const entry of piece) {
        digest.add(entry);
        if (entry.type === "folder" && isUsableName(entry.name)) below.push(childPath(path, entry.name));
      }
    }
    return { digest: digest.value(), below: below.filter(({ length }) => length <= LONGEST_PATH) };
  }

  /** Looks at a folder and at those below it that are open. False: it was too much, and the folder is not noted. */
  async function at(path: string): Promise<boolean> {
    if (budget.folders === 0 || budget.entries < 0) return false;
    budget.folders -= 1;
    let inside: Awaited<ReturnType<typeof read>>;
    try {
      inside = await read(path);
    } catch (error) {
      // What the adapter cannot list now has a tag nevertheless; once it can, the sweep finds another digest.
      if (!(error instanceof HostFileError && GONE.has(error.failure))) found.push({ path, digest: NOT_LOOKED });
      return true;
    }
    if (inside === undefined) return false;
    const marks = await marksOf(deps, inside.below);
    for (const child of inside.below) {
      if (isOpen(marks.get(child)) && !(await at(child))) return false;
    }
    found.push({ path, digest: inside.digest });
    return true;
  }

  return { found, at };
}

/** By the number of names in their paths, the most first. */
function levels(found: readonly Found[]): Found[][] {
  const byDepth = Map.groupBy(found, ({ path }) => path.split("/").length);
  return [...byDepth].sort(([a], [b]) => b - a).map(([, level]) => level);
}
