// A host's files in a Map: all that koa-ocm needs of a store that is no folder. In your project import from "koa-ocm".
import { Readable } from "node:stream";
import { type HostEntry, HostFileError, type HostFiles, type HostWriteOptions } from "../plugin/index.ts";

interface Item {
  type: "file" | "folder";
  /** Never changed: another version is another item. */
  bytes: Buffer;
  modifiedAt: number;
  etag: string;
}

const NOTHING: Buffer = Buffer.alloc(0);
const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/";
const inside = (folder: string) => (folder === "/" ? "/" : `${folder}/`);

/** Everybody's files, in memory, with the same quota of bytes for each person. */
export function mapFiles(quota = 1_000_000_000): Required<HostFiles> {
  const people = new Map<string, Map<string, Item>>();
  const uploads = new Map<string, Buffer[]>();
  let versions = 0;

  function newItem(type: Item["type"], bytes = NOTHING, modifiedAt = Date.now()): Item {
    versions += 1;
    return { type, bytes, modifiedAt, etag: `v${versions}` };
  }
  /** A person's items by path. Everybody has a root. */
  function itemsOf(user: string): Map<string, Item> {
    const items = people.get(user) ?? new Map([["/", newItem("folder")]]);
    people.set(user, items);
    return items;
  }
  function known(user: string, path: string): Item {
    const item = itemsOf(user).get(path);
    if (item === undefined) throw new HostFileError("not-found", "There is nothing at this path.");
    return item;
  }
  function mustBeFolder(user: string, path: string): void {
    if (known(user, path).type === "file") throw new HostFileError("not-a-folder", "This is a file.");
  }
  function entryOf(path: string, { type, bytes, modifiedAt, etag }: Item): HostEntry {
    return { name: path.slice(path.lastIndexOf("/") + 1), type, size: bytes.length, modifiedAt, etag };
  }
  /** Sets an item, and gives the folder that it is in another etag: that covers what is directly in the folder. */
  function set(user: string, path: string, item: Item): void {
    itemsOf(user).set(path, item).set(folderOf(path), newItem("folder"));
  }
  /** Takes out what is at a path, with all that is in it. */
  function cut(user: string, path: string): [string, Item][] {
    const items = itemsOf(user);
    const gone = [...items].filter(([each]) => each === path || each.startsWith(inside(path)));
    for (const [each] of gone) items.delete(each);
    items.set(folderOf(path), newItem("folder"));
    return gone;
  }
  /** Compares and replaces without a pause in between: of two writers with the same expectation, one fails. */
  function put(user: string, path: string, bytes: Buffer, { expected, modifiedAt }: HostWriteOptions = {}): HostEntry {
    mustBeFolder(user, folderOf(path));
    const before = itemsOf(user).get(path);
    if (before?.type === "folder") throw new HostFileError("is-a-folder", "This is a folder.");
    if (expected !== undefined && expected !== (before?.etag ?? null)) {
      throw new HostFileError("changed", "Something else is there now.");
    }
    if (used(user) - (before?.bytes.length ?? 0) + bytes.length > quota) {
      throw new HostFileError("no-space", "There is no space left.");
    }
    const item = newItem("file", bytes, modifiedAt);
    set(user, path, item);
    return entryOf(path, item);
  }
  function used(user: string): number {
    return [...itemsOf(user).values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  return {
    async stat(user, path) {
      const item = itemsOf(user).get(path);
      return item && entryOf(path, item);
    },
    async *list(user, path) {
      mustBeFolder(user, path);
      for (const [each, item] of itemsOf(user)) {
        if (each !== "/" && folderOf(each) === path) yield [entryOf(each, item)];
      }
    },
    async open(user, path) {
      const item = known(user, path);
      if (item.type === "folder") throw new HostFileError("is-a-folder", "A folder has no content.");
      return {
        entry: entryOf(path, item),
        read: (range) => Readable.from([range ? item.bytes.subarray(range.start, range.end + 1) : item.bytes]),
        close: async () => {},
      };
    },
    async write(user, path, content, options) {
      // A stream that fails throws here, before anything is replaced.
      const pieces: Buffer[] = [];
      for await (const piece of content) pieces.push(piece);
      return put(user, path, Buffer.concat(pieces), options);
    },
    async mkdir(user, path) {
      mustBeFolder(user, folderOf(path));
      if (itemsOf(user).has(path)) throw new HostFileError("exists", "Something is at this path already.");
      set(user, path, newItem("folder"));
    },
    async move(user, from, to, options) {
      known(user, from);
      mustBeFolder(user, folderOf(to));
      const isTaken = itemsOf(user).has(to);
      if (isTaken && !options?.replace) throw new HostFileError("exists", "Something is at this path already.");
      if (isTaken) cut(user, to);
      for (const [each, item] of cut(user, from)) set(user, to + each.slice(from.length), item);
    },
    async remove(user, path) {
      known(user, path);
      cut(user, path);
    },
    async touch(user, path, modifiedAt) {
      const item = { ...known(user, path), modifiedAt };
      itemsOf(user).set(path, item);
      return entryOf(path, item);
    },
    async quota(user) {
      return { available: Math.max(quota - used(user), 0), used: used(user) };
    },
    async resume(user, path, key) {
      const name = JSON.stringify([user, path, key]);
      const pieces = uploads.get(name) ?? [];
      uploads.set(name, pieces);
      return {
        // Asked for again after each `append`.
        get size() {
          return pieces.reduce((sum, { length }) => sum + length, 0);
        },
        async append(content) {
          for await (const piece of content) pieces.push(piece);
        },
        async finish(options) {
          const entry = put(user, path, Buffer.concat(pieces), options);
          uploads.delete(name);
          return entry;
        },
        async discard() {
          uploads.delete(name);
        },
      };
    },
  };
}
