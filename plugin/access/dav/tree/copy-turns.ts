/** Copies of one share or program that run at the same time; each copies several files at once. */
const MOST = 4;

/**
 * Lets copies wait for each other: one costs a client a few bytes to ask for, and the server files, memory and disk for as long as it takes.
 */
export interface CopyTurns {
  /** Does the work when fewer than four of the same `who` are under way, in the order in which they came. */
  inTurn<T>(who: string, work: () => Promise<T>): Promise<T>;
}

/** One for all requests of a process. */
export function copyTurns(): CopyTurns {
  const queues = new Map<string, { running: number; waiting: (() => void)[] }>();
  return {
    async inTurn(who, work) {
      const queue = queues.get(who) ?? { running: 0, waiting: [] };
      queues.set(who, queue);
      if (queue.running < MOST) queue.running += 1;
      else await new Promise<void>((resolve) => queue.waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = queue.waiting.shift();
        if (next !== undefined) next();
        else queue.running -= 1;
        if (queue.running === 0) queues.delete(who);
      }
    },
  };
}
