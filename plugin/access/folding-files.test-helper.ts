import type { HostFiles } from "../ports/host.ts";

/** A file adapter as on a disk that keeps names as they are written and tells neither capitals nor forms of accents apart. */
export function foldingFiles(files: HostFiles): HostFiles {
  const fold = (name: string) => name.normalize("NFC").toLowerCase();

  /** The path as it is stored, as far as it is there. */
  async function real(user: string, path: string): Promise<string> {
    let found = "";
    for (const segment of path.split("/").slice(1)) {
      let name = segment;
      try {
        for await (const entries of files.list(user, found === "" ? "/" : found)) {
          name = entries.find((entry) => fold(entry.name) === fold(segment))?.name ?? name;
        }
      } catch {
        // Nothing is there: the rest of the path is as it was written.
      }
      found += `/${name}`;
    }
    return found;
  }

  return {
    stat: async (user, path) => files.stat(user, await real(user, path)),
    async *list(user, path) {
      yield* files.list(user, await real(user, path));
    },
    open: async (user, path) => files.open(user, await real(user, path)),
    write: async (user, path, content, options) => files.write(user, await real(user, path), content, options),
    mkdir: async (user, path) => files.mkdir(user, await real(user, path)),
    async move(user, from, to, options) {
      const source = await real(user, from);
      const found = await real(user, to);
      const parent = found.slice(0, found.lastIndexOf("/"));
      const renamed = parent + to.slice(to.lastIndexOf("/"));
      await files.move(user, source, source === found ? renamed : found, options);
    },
    remove: async (user, path) => files.remove(user, await real(user, path)),
  };
}
