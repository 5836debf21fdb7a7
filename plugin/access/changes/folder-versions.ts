import type { HostEntry } from "../../ports/host.ts";
import type { FolderMark, TreeName } from "../../ports/records.ts";
import type { Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";

/** The most paths that one question to the store may name. */
const AT_ONCE = 1000;

/** A tree, and where the versions of its folders are kept. */
export interface MarkedTree {
  tree: TreeName;
  store: Pick<Store, "marks">;
}

/**
 * Versions of these folders, as far as something at or below them has changed since they are watched. They are part of the entity tag, so
 * that one probe of a folder shows a change at any depth.
 */
export async function folderVersions(deps: MarkedTree, paths: readonly string[]): Promise<Map<string, number>> {
  return new Map([...(await marksOf(deps, paths))].map(([path, { version }]) => [path, version]));
}

/** What is noted of these paths, by path. */
export async function marksOf(deps: MarkedTree, paths: readonly string[]): Promise<Map<string, FolderMark>> {
  const found = new Map<string, FolderMark>();
  for (let start = 0; start < paths.length; start += AT_ONCE) {
    const marks = await deps.store.marks.of(deps.tree, paths.slice(start, start + AT_ONCE));
    for (const mark of marks) found.set(mark.path, mark);
  }
  return found;
}

/** The entry with an entity tag that covers what is below it, where it is a folder that has a version. */
export function withVersion(entry: HostEntry, version: number | undefined): HostEntry {
  if (entry.type === "file" || version === undefined) return entry;
  return { ...entry, etag: `${entry.etag}-${version.toString(36)}` };
}

/**
 * Something came, went or became another at these paths: all folders above them get a new version, in one write. A path that ends in a
 * slash names a folder that gets one too: for a folder whose content was replaced as a whole.
 */
export async function changed(
  deps: MarkedTree & { system: Pick<System, "now"> },
  paths: readonly string[],
): Promise<void> {
  if (paths.length === 0) return;
  const folders = new Set(paths.flatMap(foldersAbove));
  await deps.store.marks.bump(deps.tree, [...folders], deps.system.now());
}

/** The path of a folder in the form in which `changed` counts the folder too. */
export function asFolder(path: string): string {
  return path === "/" ? path : `${path}/`;
}

/** The folders above a path, the root first; with a slash at its end, the path itself too. */
export function foldersAbove(path: string): string[] {
  const folders = ["/"];
  for (let end = path.indexOf("/", 1); end !== -1; end = path.indexOf("/", end + 1)) folders.push(path.slice(0, end));
  return folders;
}
