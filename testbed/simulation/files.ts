import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { type HostEntry, HostFileError, type HostFiles } from "../../plugin/index.ts";

interface Node {
  entry: HostEntry;
  /** Null: a folder. */
  content: Buffer | null;
}

/** Files of people in memory. */
export interface MemoryFiles extends HostFiles {
  /** Puts a file there, with the folders on the way. */
  put(user: string, path: string, content: Buffer): void;
}

/** Files that live as long as the process, with times of the given clock and tags that follow from the content. */
export function memoryFiles(now: () => number): MemoryFiles {
  const trees = new Map<string, Map<string, Node>>();
  let versions = 0;

  function treeOf(user: string): Map<string, Node> {
    let tree = trees.get(user);
    if (tree === undefined) {
      tree = new Map([["/", folder("")]]);
      trees.set(user, tree);
    }
    return tree;
  }

  function folder(name: string): Node {
    versions += 1;
    return { entry: { name, type: "folder", size: 0, modifiedAt: now(), etag: `f${versions}` }, content: null };
  }

  function file(name: string, content: Buffer, modifiedAt: number = now()): Node {
    const etag = createHash("sha256").update(content).digest("base64url").slice(0, 16);
    return { entry: { name, type: "file", size: content.length, modifiedAt, etag }, content };
  }

  function set(tree: Map<string, Node>, path: string, node: Node): void {
    tree.set(path, node);
    touchParent(tree, path);
  }

  function touchParent(tree: Map<string, Node>, path: string): void {
    const above = parentOf(path);
    const parent = tree.get(above);
    versions += 1;
    if (parent !== undefined) {
      tree.set(above, { ...parent, entry: { ...parent.entry, modifiedAt: now(), etag: `f${versions}` } });
    }
  }

  function needParent(tree: Map<string, Node>, path: string): void {
    if (tree.get(parentOf(path))?.content !== null) throw new HostFileError("not-found", "The folder is not there.");
  }

  function below(tree: Map<string, Node>, path: string): [string, Node][] {
    return [...tree].filter(([other]) => other === path || other.startsWith(`${path}/`));
  }

  return {
    put(user, path, content) {
      const tree = treeOf(user);
      for (let at = path.indexOf("/", 1); at !== -1; at = path.indexOf("/", at + 1)) {
        const above = path.slice(0, at);
        if (!tree.has(above)) set(tree, above, folder(nameOf(above)));
      }
      set(tree, path, file(nameOf(path), content));
    },
    stat: async (user, path) => treeOf(user).get(path)?.entry,
    async *list(user, path) {
      const tree = treeOf(user);
      if (tree.get(path)?.content !== null) throw new HostFileError("not-found", "There is no such folder.");
      yield [...tree].filter(([other]) => other !== "/" && parentOf(other) === path).map(([, { entry }]) => entry);
    },
    async open(user, path) {
      const node = treeOf(user).get(path);
      if (node === undefined) throw new HostFileError("not-found", "There is no such file.");
      const { entry, content } = node;
      if (content === null) throw new HostFileError("is-a-folder", "This is a folder.");
      return {
        entry,
        read: (range) =>
          Readable.from([content.subarray(range?.start ?? 0, range === undefined ? undefined : range.end + 1)]),
        close: async () => undefined,
      };
    },
    async write(user, path, content, options = {}) {
      const chunks: Buffer[] = [];
      for await (const chunk of content) chunks.push(chunk as Buffer);
      const tree = treeOf(user);
      const found = tree.get(path);
      needParent(tree, path);
      if (found?.content === null) throw new HostFileError("is-a-folder", "A folder is there.");
      if (options.expected !== undefined && (found?.entry.etag ?? null) !== options.expected) {
        throw new HostFileError("changed", "Something else is there.");
      }
      const node = file(nameOf(path), Buffer.concat(chunks), options.modifiedAt);
      set(tree, path, node);
      return node.entry;
    },
    async mkdir(user, path) {
      const tree = treeOf(user);
      if (tree.has(path)) throw new HostFileError("exists", "Something is there.");
      needParent(tree, path);
      set(tree, path, folder(nameOf(path)));
    },
    async move(user, from, to, options = {}) {
      const tree = treeOf(user);
      if (!tree.has(from)) throw new HostFileError("not-found", "There is nothing.");
      needParent(tree, to);
      if (tree.has(to) && options.replace !== true) throw new HostFileError("exists", "Something is there.");
      for (const [path] of below(tree, to)) tree.delete(path);
      for (const [path, node] of below(tree, from)) {
        tree.delete(path);
        const place = to + path.slice(from.length);
        tree.set(place, { ...node, entry: { ...node.entry, name: nameOf(place) } });
      }
      touchParent(tree, from);
      touchParent(tree, to);
    },
    async remove(user, path) {
      const tree = treeOf(user);
      for (const [other] of below(tree, path)) tree.delete(other);
      touchParent(tree, path);
    },
  };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
