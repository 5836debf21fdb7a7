import type { FolderMark } from "../../ports/records.ts";
import type { FolderMarks } from "../../ports/store.ts";

/** Marks in memory, as the port describes them. */
export function memoryMarks(): FolderMarks & { all: Map<string, FolderMark> } {
  const all = new Map<string, FolderMark>();
  const key = (tree: string, path: string) => JSON.stringify([tree, path]);
  return {
    all,
    async of(tree, paths) {
      if (paths.length > 1000) throw new Error("Too many paths.");
      return paths.flatMap((path) => all.get(key(tree, path)) ?? []);
    },
    async bump(tree, paths, now) {
      for (const path of paths) {
        const mark = all.get(key(tree, path)) ?? { tree, path, version: 0, digest: null, sweptAt: null };
        all.set(key(tree, path), { ...mark, version: Math.max(now, mark.version + 1) });
      }
    },
    async saw(tree, path, digest, now, before) {
      const mark = all.get(key(tree, path));
      if (mark !== undefined && before !== undefined && mark.digest !== before) return false;
      all.set(key(tree, path), { ...(mark ?? { tree, path, version: now }), digest, sweptAt: now });
      return true;
    },
    async remove(tree, path) {
      for (const [name, mark] of all) {
        const below = path === "/" || mark.path === path || mark.path.startsWith(`${path}/`);
        if (mark.tree === tree && below) all.delete(name);
      }
    },
  };
}
