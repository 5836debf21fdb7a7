import type { System } from "../../ports/system.ts";
import type { OcmError } from "../../protocol/errors.ts";
import type { Connection } from "./connection.ts";
import { failureKind, toOcmError, unavailable } from "./failures.ts";
import { patiently } from "./patience.ts";

/**
 * The one writer of a SQLite database. Writes that come while the event loop goes round once share one transaction and so one
 * flush to the disk; each has an outcome of its own.
 */
export interface Writer {
  /**
   * Runs a job of one statement, or of several that may be repeated when one of them failed. It may be run again where the first
   * transaction failed. Resolves when it is durable.
   * @throws OcmError unavailable when the database can't be written; internal when the statement itself failed
   */
  write<T>(job: () => T): Promise<T>;
  /**
   * The same for what can be found out again: it survives the end of the process, and a power cut once anything else has been written. Alone it
   * does not wait for the disk.
   */
  writeLoosely<T>(job: () => T): Promise<T>;
}

interface Pending {
  /** Runs the job within the transaction; what it returns tells the caller, once the transaction is over. */
  run(): () => void;
  loose: boolean;
  reject(error: OcmError): void;
}

/** More than this share no transaction: it would hold the event loop for too long. */
const LARGEST_GROUP = 256;

export function createWriter({ statement, handle, synchronous }: Connection, system: System): Writer {
  const queue: Pending[] = [];
  let draining = false;
  let syncing = synchronous;

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      await system.soon();
      await writeGroup(queue.splice(0, LARGEST_GROUP));
    }
    draining = false;
  }

  /** One transaction for the group; if the database fails, one for each, so that nobody loses for another's sake. */
  async function writeGroup(group: Pending[]): Promise<void> {
    try {
      await patiently(system, () => {
        rollBack();
        syncAs(group.every(({ loose }) => loose) ? "normal" : synchronous);
        statement("begin immediate").run();
      });
    } catch (error) {
      for (const pending of group) pending.reject(unavailable(error));
      return;
    }
    try {
      const tellings = group.map(runWithinGroup);
      statement("commit").run();
      for (const tell of tellings) tell();
    } catch (error) {
      rollBack();
      const [only, ...others] = group;
      if (others.length === 0) only?.reject(toOcmError(error));
      else for (const pending of group) await writeGroup([pending]);
    }
  }

  /** In normal mode a commit goes to the file without a flush, which the next full one makes up for. */
  function syncAs(mode: "full" | "normal"): void {
    if (mode === syncing) return;
    handle.exec(`pragma synchronous = ${mode}`);
    syncing = mode;
  }

  /** A statement that fails alone leaves the others in the transaction as they are. */
  function runWithinGroup(pending: Pending): () => void {
    try {
      return pending.run();
    } catch (error) {
      if (failureKind(error) !== "statement" || !handle.isTransaction) throw error;
      return () => pending.reject(toOcmError(error));
    }
  }

  /** Leaves no transaction open. Where even this fails, the next `begin` says so. */
  function rollBack(): void {
    try {
      if (handle.isTransaction) statement("rollback").run();
    } catch {
      // The reason is the failure that led here.
    }
  }

  function enqueue<T>(job: () => T, loose: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      queue.push({
        run() {
          const result = job();
          return () => resolve(result);
        },
        loose,
        reject,
      });
      if (draining) return;
      draining = true;
      void drain();
    });
  }

  return { write: (job) => enqueue(job, false), writeLoosely: (job) => enqueue(job, true) };
}
