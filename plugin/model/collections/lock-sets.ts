import type { LockSet } from "../../ports/records.ts";
import type { LockSets } from "../../ports/store.ts";
import type { Backend } from "../backend.ts";
import { LockSetEntity } from "../entities/resource-state.ts";
import { versionedPut } from "./versioned-put.ts";

/**
 * A set without locks stays: a removed one would start at version 1 again, and a decision on what was there before could pass for
 * one on what is there now. There is one small record a tree.
 */
export function lockSets(backend: Backend): LockSets {
  const table = backend.table<LockSet>(LockSetEntity);
  return {
    get: (tree) => table.get(tree),
    put: (set) => versionedPut(table, set),
    async remove(tree) {
      await table.remove(tree);
    },
  };
}
