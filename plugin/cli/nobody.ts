import type { Host } from "../index.ts";

/** The host of a command: it knows nobody, has no files, and nobody is logged in. */
export function nobody(): Host {
  const refuse = async (): Promise<never> => {
    throw new Error("A command has no files.");
  };
  return {
    users: { find: async () => undefined },
    files: {
      stat: async () => undefined,
      async *list() {},
      open: refuse,
      write: refuse,
      mkdir: refuse,
      move: refuse,
      remove: refuse,
    },
    session: { authenticate: async () => undefined, forgery: () => null },
  };
}
