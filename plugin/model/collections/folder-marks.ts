import type { FolderMark } from "../../ports/records.ts";
import type { FolderMarks } from "../../ports/store.ts";
import type { Backend } from "../backend.ts";
import { FolderMarkEntity, placeKey } from "../entities/resource-state.ts";
import { ofPaths, removeWithin } from "./places.ts";

export function folderMarks(backend: Backend): FolderMarks {
  const table = backend.table<FolderMark>(FolderMarkEntity, { beside: (mark) => ({ ...placeKey(mark) }) });
  const keyed = (tree: string, path: string) => ({ tree, path, ...placeKey({ tree, path }) });
  return {
    of: (tree, paths) => ofPaths(table, tree, paths),
    async bump(tree, paths, now) {
      if (paths.length > 0)
        await backend.marks.bump(
          paths.map((path) => keyed(tree, path)),
          now,
        );
    },
    saw: (tree, path, digest, now, before) => backend.marks.saw(keyed(tree, path), digest, now, before),
    remove: (tree, path) => removeWithin(table, tree, path),
  };
}
