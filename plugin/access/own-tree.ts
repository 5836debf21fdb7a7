import type { Store } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import { changed } from "./changes/folder-versions.ts";
import { dropLocks } from "./dav/locks/lock-store.ts";
import { locksMoved } from "./dav/locks/locks.ts";
import { filesTree, keptPath, remoteTree } from "./tree-names.ts";

/** What follows in notes, locks and marks from changes that the host made to a person's own files. */
export interface OwnTree {
  changed(user: string, path: string): Promise<void>;
  moved(user: string, from: string, to: string): Promise<void>;
  removed(user: string, path: string): Promise<void>;
  /** A share has ended: its recipient's locks on the files here go, or what is kept about it in the tree of received shares. */
  shareEnded(user: string, share: string): Promise<void>;
  /** The account is gone, with both of its trees. */
  userRemoved(user: string): Promise<void>;
}

/** Each part may be repeated, so an interruption is mended by telling it again. */
export function ownTree(deps: {
  store: Pick<Store, "locks" | "notes" | "marks" | "passwords">;
  system: Pick<System, "now" | "sleep" | "random">;
}): OwnTree {
  const { locks, notes, marks, passwords } = deps.store;
  const touched = (user: string, ...paths: string[]) => changed({ ...deps, tree: filesTree(user) }, paths);
  return {
    changed: (user, path) => touched(user, path),
    async moved(user, from, to) {
      await notes.move(filesTree(user), from, to);
      await marks.remove(filesTree(user), from);
      await locksMoved({ ...deps, tree: filesTree(user) }, from);
      await touched(user, from, to);
    },
    async removed(user, path) {
      await notes.remove(filesTree(user), path);
      await marks.remove(filesTree(user), path);
      await locksMoved({ ...deps, tree: filesTree(user) }, path);
      await touched(user, path);
    },
    async shareEnded(user, share) {
      await notes.remove(remoteTree(user), keptPath(share, ""));
      await dropLocks({ ...deps, tree: filesTree(user) }, ({ principal }) => principal === share);
    },
    async userRemoved(user) {
      for (const tree of [filesTree(user), remoteTree(user)]) {
        await notes.remove(tree, "/");
        await marks.remove(tree, "/");
        await locks.remove(tree);
      }
      for (const { id } of await passwords.ofUser(user)) await passwords.remove(user, id);
    },
  };
}
