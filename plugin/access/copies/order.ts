import type { System } from "../../ports/system.ts";

/** The path of something in a folder; "" is what is copied itself. */
export function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** Where a path, relative to what is copied, is in a person's own tree or in a share. */
export function below(top: string, path: string): string {
  if (path === "") return top;
  return `${top === "/" ? "" : top}${top === "" ? "" : "/"}${path}`;
}

/**
 * What is known of a path when the walk was interrupted after `after`: `done`, or `open` for a folder that is made and may hold what is not
 * copied yet, or `new`.
 */
export function standing(path: string, after: string | null): "done" | "open" | "new" {
  if (after === null) return "new";
  if (path === "" || after === path || after.startsWith(`${path}/`)) return "open";
  return key(path) < key(after) ? "done" : "new";
}

/** After so many entries others have their turn. */
export const TURN = 5_000;

/**
 * What is in one folder, in the order of the walk: by the code units of the names. A folder may have hundreds of thousands of entries, so it
 * is sorted in parts that are then merged.
 */
export async function inOrder<T extends { path: string }>(
  entries: readonly T[],
  system: Pick<System, "soon">,
): Promise<T[]> {
  let parts: T[][] = [];
  for (let at = 0; at < entries.length; at += TURN) {
    if (at > 0) await system.soon();
    // Paths in the same folder differ only in their names.
    parts.push(entries.slice(at, at + TURN).sort(({ path: left }, { path: right }) => (left < right ? -1 : 1)));
  }
  while (parts.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < parts.length; at += 2) {
      merged.push(await merge(parts[at] ?? [], parts[at + 1] ?? [], system));
    }
    parts = merged;
  }
  return parts[0] ?? [];
}

async function merge<T extends { path: string }>(
  left: readonly T[],
  right: readonly T[],
  system: Pick<System, "soon">,
): Promise<T[]> {
  const merged: T[] = [];
  let [one, other] = [0, 0];
  for (;;) {
    if (merged.length % TURN === TURN - 1) await system.soon();
    const [first, second] = [left[one], right[other]];
    if (first !== undefined && (second === undefined || first.path < second.path)) {
      merged.push(first);
      one += 1;
    } else if (second !== undefined) {
      merged.push(second);
      other += 1;
    } else {
      return merged;
    }
  }
}

/** No name has a NUL, so paths in this form stand in the order of the walk. */
function key(path: string): string {
  return path.replaceAll("/", "\0");
}
