import { isDeepStrictEqual } from "node:util";
import type { ResourceNote } from "../../ports/records.ts";
import type { ResourceNotes } from "../../ports/store.ts";
import { OcmError } from "../../protocol/errors.ts";
import type { Backend } from "../backend.ts";
import { placeKey, ResourceNoteEntity } from "../entities/resource-state.ts";
import type { Table } from "../table.ts";
import { ofPaths, removeWithin } from "./places.ts";
import { versionedPut } from "./versioned-put.ts";
import { within } from "./within.ts";

/** So many notes are copied in one go: what the writers take into one group. */
const BATCH = 256;

export function resourceNotes(backend: Backend): ResourceNotes {
  const table = backend.table<ResourceNote>(ResourceNoteEntity, { beside: (note) => ({ ...placeKey(note) }) });

  /** What the notes at and below `from` are at `to`, in batches. */
  async function* transferred(tree: string, from: string, to: string): AsyncGenerator<ResourceNote[]> {
    for await (const notes of batchesWithin(table, tree, from)) {
      yield notes.map((note) => ({ ...note, path: to + note.path.slice(from.length) }));
    }
  }

  /** Is each note at and below `from` at `to` already? */
  async function isAt(tree: string, from: string, to: string): Promise<boolean> {
    for await (const wanted of transferred(tree, from, to)) {
      const there = await ofPaths(
        table,
        tree,
        wanted.map(({ path }) => path),
      );
      const byPath = new Map(there.map((note) => [note.path, note]));
      if (!wanted.every((note) => isDeepStrictEqual(byPath.get(note.path), note))) return false;
    }
    return true;
  }

  async function copy(tree: string, from: string, to: string): Promise<void> {
    await removeWithin(table, tree, to);
    for await (const notes of transferred(tree, from, to)) {
      // Where somebody has noted something meanwhile, that stays: it is newer.
      await Promise.all(notes.map((note) => table.insert(note)));
    }
  }

  return {
    get: (tree, path) => table.get(placeKey({ tree, path }).id),
    of: (tree, paths) => ofPaths(table, tree, paths),
    put: (note) => versionedPut(table, note),
    /**
     * Nothing is removed at the source before all of it is at the destination. So a move that was cut off while it removed finds
     * what is left there as it should be, and goes on; one that is over finds nothing, and leaves the destination alone.
     */
    async move(tree, from, to) {
      if (!areApart(from, to)) return;
      if (!(await isAt(tree, from, to))) await copy(tree, from, to);
      await removeWithin(table, tree, from);
    },
    async copy(tree, from, to) {
      if (areApart(from, to)) await copy(tree, from, to);
    },
    remove: (tree, path) => removeWithin(table, tree, path),
  };
}

/** The notes of a path and of everything below it, in batches. */
async function* batchesWithin(table: Table<ResourceNote>, tree: string, path: string): AsyncGenerator<ResourceNote[]> {
  for (const where of within({ tree }, path)) {
    let after: { after?: string[] } = {};
    for (;;) {
      const notes = await table.find({ where, order: { by: ["path"] }, limit: BATCH, ...after });
      const last = notes.at(-1);
      if (last !== undefined) yield notes;
      if (last === undefined || notes.length < BATCH) break;
      after = { after: [last.path] };
    }
  }
}

/** False where both are the same. @throws OcmError internal where one is within the other: the copy would be its own source */
function areApart(from: string, to: string): boolean {
  if (from === to) return false;
  const isWithin = (path: string, folder: string) => folder === "/" || path.startsWith(`${folder}/`);
  if (isWithin(from, to) || isWithin(to, from)) {
    throw new OcmError("internal", { message: "A folder cannot be moved or copied into itself, nor over itself." });
  }
  return true;
}
