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
/** The digest of a folder that was not looked at before its tag went out. No look ever finds it, so the next sweep moves the tag. */
const NOT_LOOKED = "";

export interface LookDeps extends MarkedTree {
  files: Pick<HostFiles, "list">;
  system: Pick<System, "now">;
  share: { user: string };
}

/**
 * Versions for entity tags that are about to be told. What the sweep finds later can only be compared with something if it was noted before
 * the tag went out; otherwise the sweep has to move the tag, although perhaps nothing has changed. So folders that nobody has looked at
 * since they came, or since the last write through koa-ocm, are looked at here, with what is below them; folders that are as they
 * were noted cost nothing. A tree of more than 2,000 entries or 100 folders to look at is left to the sweep: its tag may move once.
 */
export async function versionsToTell(deps: LookDeps, paths: readonly string[]): Promise<Map<string, number>> {
  const marks = await marksOf(deps, paths);
  const waiting = paths.filter((path) => isOpen(marks.get(path)));
  if (waiting.length > 0) {
    await lookAt(deps, waiting);
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

async function lookAt(deps: LookDeps, tops: readonly string[]): Promise<void> {
  // A write that is told in this millisecond may come after the look.
  const lookedAt = deps.system.now() - 1;
  const look = createLook(deps);
  for (const top of tops) {
    if (!(await look.at(top))) look.found.push({ path: top, digest: NOT_LOOKED });
  }
  await note(deps, look.found, lookedAt);
}

/**
 * Somebody else may have looked at the same time, and told a tag: where they saw something else, the version moves. The folders above are
 * noted after those in them: after a kill in between, none is taken for looked at that is not.
 */
async function note(deps: LookDeps, found: readonly Found[], lookedAt: number): Promise<void> {
  const paths = found.map(({ path }) => path);
  const marks = await marksOf(deps, paths);
  const isNew = ({ path, digest }: Found) =>
    isOpen(marks.get(path)) || (digest !== NOT_LOOKED && marks.get(path)?.digest !== digest);
  const toNote = found.filter(isNew);
  const differing = toNote.filter(({ path }) => !isOpen(marks.get(path)));
  await changed(
    deps,
    differing.map(({ path }) => asFolder(path)),
  );
  for (const level of levels(toNote)) {
    await Promise.all(level.map(({ path, digest }) => deps.store.marks.saw(deps.tree, path, digest, lookedAt)));
  }
}

interface Found {
  path: string;
  digest: string;
}

function createLook(deps: LookDeps) {
  const found: Found[] = [];
  let entries = MOST_ENTRIES;
  let folders = MOST_FOLDERS;

  /** The digest of what is in a folder, and the folders in it; undefined where it is too much. */
  async function read(path: string): Promise<{ digest: string; below: string[] } | undefined> {
    const digest = folderDigest();
    const below: string[] = [];
    for await (const piece of deps.files.list(deps.share.user, path)) {
      entries -= piece.length;
      if (entries < 0) return undefined;
      for (const entry of piece) {
        digest.add(entry);
        if (entry.type === "folder" && isUsableName(entry.name)) below.push(childPath(path, entry.name));
      }
    }
    return { digest: digest.value(), below: below.filter(({ length }) => length <= LONGEST_PATH) };
  }

  /** Looks at a folder and at those below it that are open. False: it was too much, and the folder is not noted. */
  async function at(path: string): Promise<boolean> {
    if (folders === 0 || entries < 0) return false;
    folders -= 1;
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
