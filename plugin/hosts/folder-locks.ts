import { fold } from "./folder-path.ts";

/** Lets one at a time work at each of these places on disk, in the order in which they came. */
export type PathLocks = <T>(paths: readonly string[], work: () => Promise<T>) => Promise<T>;

/** Paths that a disk may take for one, because it does not tell capitals or forms of accents apart, are one here too. */
export function createPathLocks(): PathLocks {
  const last = new Map<string, Promise<void>>();

  /** Resolves with what lets the next one in. */
  async function enter(key: string): Promise<() => void> {
    const before = last.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    last.set(key, promise);
    await before;
    return () => {
      if (last.get(key) === promise) last.delete(key);
      resolve();
    };
  }

  return async (paths, work) => {
    const leave: (() => void)[] = [];
    try {
      // In one order for everybody, so that nobody waits for somebody who waits for them.
      for (const key of [...new Set(paths.map(fold))].sort()) leave.push(await enter(key));
      return await work();
    } finally {
      for (const each of leave) each();
    }
  };
}
