import { type Host, HostFileError } from "../index.ts";

/** The host of a command: it knows nobody, has no files, and nobody is logged in. */
export function nobody(): Host {
  const absent = async (): Promise<never> => {
    throw new HostFileError("not-found", "A command has no files.");
  };
  return {
    users: { find: async () => undefined },
    files: {
      stat: async () => undefined,
      // biome-ignore lint/correctness/useYield: there is nothing to list
      async *list() {
        await absent();
      },
      read: absent,
      write: absent,
      mkdir: absent,
      move: absent,
      remove: absent,
    },
    session: { authenticate: async () => undefined, forgery: () => null },
  };
}
