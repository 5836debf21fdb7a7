import type { FolderMark, LockSet, ResourceNote } from "../ports/records.ts";
import type { Store } from "../ports/store.ts";

/** What a WebDAV tree keeps, in memory, with a count of the questions that it was asked. */
export type MemoryTreeStore = Pick<Store, "locks" | "notes" | "marks"> & { questions: Record<string, number> };

export function memoryTreeStore(): MemoryTreeStore {
  const locks = new Map<string, LockSet>();
  const notes = new Map<string, ResourceNote>();
  const marks = new Map<string, FolderMark>();
  const questions: Record<string, number> = {};
  const asked = (name: string) => {
    questions[name] = (questions[name] ?? 0) + 1;
  };
  const key = (tree: string, path: string) => `${tree}\n${path}`;
  const within = <V extends { tree: string; path: string }>(records: Map<string, V>, tree: string, path: string) =>
    [...records.values()].filter(
      (record) => record.tree === tree && (path === "/" || record.path === path || record.path.startsWith(`${path}/`)),
    );
  const drop = <V extends { tree: string; path: string }>(records: Map<string, V>, tree: string, path: string) => {
    for (const record of within(records, tree, path)) records.delete(key(tree, record.path));
  };
  const transfer = (tree: string, from: string, to: string, keep: boolean) => {
    const found = within(notes, tree, from);
    // A move that is told again finds nothing: what it moved before stays.
    if (keep || found.length > 0) drop(notes, tree, to);
    for (const note of found) {
      const path = to + note.path.slice(from.length);
      notes.set(key(tree, path), { ...note, path, version: 1 });
      if (!keep) notes.delete(key(tree, note.path));
    }
  };
  return {
    questions,
    locks: {
      async get(tree) {
        asked("locks.get");
        return structuredClone(locks.get(tree));
      },
      async put(set) {
        if ((locks.get(set.tree)?.version ?? 0) !== set.version - 1) return false;
        locks.set(set.tree, structuredClone(set));
        return true;
      },
      async remove(tree) {
        locks.delete(tree);
      },
    },
    notes: {
      async get(tree, path) {
        asked("notes.get");
        return structuredClone(notes.get(key(tree, path)));
      },
      async of(tree, paths) {
        asked("notes.of");
        if (paths.length > 1000) throw new RangeError("at most 1000 paths");
        return structuredClone(paths.flatMap((path) => notes.get(key(tree, path)) ?? []));
      },
      async put(note) {
        if ((notes.get(key(note.tree, note.path))?.version ?? 0) !== note.version - 1) return false;
        notes.set(key(note.tree, note.path), structuredClone(note));
        return true;
      },
      async move(tree, from, to) {
        transfer(tree, from, to, false);
      },
      async copy(tree, from, to) {
        transfer(tree, from, to, true);
      },
      async remove(tree, path) {
        drop(notes, tree, path);
      },
    },
    marks: {
      async of(tree, paths) {
        asked("marks.of");
        if (paths.length > 1000) throw new RangeError("at most 1000 paths");
        return structuredClone(paths.flatMap((path) => marks.get(key(tree, path)) ?? []));
      },
      async bump(tree, paths, now) {
        for (const path of paths) {
          const mark = marks.get(key(tree, path));
          const version = Math.max(now, (mark?.version ?? 0) + 1);
          marks.set(key(tree, path), { digest: null, sweptAt: null, ...mark, tree, path, version });
        }
      },
      async saw(tree, path, digest, now, before) {
        const mark = marks.get(key(tree, path));
        if (mark !== undefined && before !== undefined && mark.digest !== before) return false;
        marks.set(key(tree, path), { ...(mark ?? { tree, path, version: now }), digest, sweptAt: now });
        return true;
      },
      async remove(tree, path) {
        drop(marks, tree, path);
      },
    },
  };
}
