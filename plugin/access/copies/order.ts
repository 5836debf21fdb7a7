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

/** The order of the walk: a folder before what is in it, and names by their code units. */
export function byName(left: { path: string }, right: { path: string }): number {
  return key(left.path) < key(right.path) ? -1 : 1;
}

/** No name has a NUL, so paths in this form stand in the order of the walk. */
function key(path: string): string {
  return path.replaceAll("/", "\0");
}
