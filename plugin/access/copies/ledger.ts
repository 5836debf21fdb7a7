import type { CopyJob } from "../../ports/records.ts";
import type { CopyJobs } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import type { Begun } from "./destination.ts";
import type { Amount, Step } from "./walk.ts";

/** How long a job is ours unless we say again that it is: what a killed process was busy with waits so long for another. */
export const LEASE = 15_000;
/** Progress is noted so often, and a cancellation noticed; the lease is renewed at least so often. */
const LOOK_EVERY = 1_000;
const RENEW_EVERY = 5_000;

/** Why work on a job has to stop. */
export type StopReason = "closed" | "cancelled" | "lost";

/** The record of a job that is at work: every write of it goes through here, one after another. */
export interface Ledger {
  /** The job begins with an entry; what came before it is complete. Resolves with what is remembered of the same entry. */
  begin(step: Step): Promise<Begun>;
  progress(bytes: number, etag?: string | null): void;
  complete(step: Step, bytes: number): void;
  /** What there is to do in all. */
  total(amount: Amount): void;
  /** Something has been done in this run that will not have to be done again. */
  isAdvanced(): boolean;
  /** The job as it would be written now. */
  job(): CopyJob;
  /** The last write: the lease is let go of. False: the job is not ours any more. */
  end(change: Partial<CopyJob>): Promise<boolean>;
}

export interface LedgerDeps {
  copies: Pick<CopyJobs, "get" | "replace">;
  system: Pick<System, "now" | "sleep">;
  /** Identifies this process in leases. */
  owner: string;
  /** Told when the work has to stop. */
  stop(reason: StopReason): void;
  failed(error: unknown): void;
}

/** @param claimed the job as it is stored, with our lease */
export function openLedger({ copies, system, owner, stop, failed }: LedgerDeps, claimed: CopyJob): Ledger {
  let stored = claimed;
  let job = claimed;
  let isOver = false;
  let advanced = false;
  let last: Promise<unknown> = Promise.resolve();
  const over = new AbortController();
  const begun = claimed.current;

  /** Writes what the job has come to, over whatever is stored, as long as it is ours and running. */
  async function put(change: Partial<CopyJob> = {}): Promise<boolean> {
    for (;;) {
      const now = system.now();
      const next = { ...job, leaseBy: owner, leaseUntil: now + LEASE, ...change, updatedAt: now };
      if (await copies.replace({ ...next, version: stored.version })) {
        stored = { ...next, version: stored.version + 1 };
        return true;
      }
      const other = await copies.get(job.id);
      if (other === undefined || other.status !== "running" || other.leaseBy !== owner) {
        stop(other?.status === "cancelled" ? "cancelled" : "lost");
        return false;
      }
      stored = other;
    }
  }

  function queued<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }

  async function look(): Promise<void> {
    if (isOver) return;
    const now = system.now();
    const moved = job.current?.bytes !== stored.current?.bytes || job.after !== stored.after;
    if (moved || now - stored.updatedAt >= RENEW_EVERY) {
      await put();
      return;
    }
    const other = await copies.get(job.id);
    if (other?.status === "cancelled") stop("cancelled");
    else if (other?.leaseBy !== owner) stop("lost");
  }

  async function watch(): Promise<void> {
    for (;;) {
      await system.sleep(LOOK_EVERY, over.signal);
      if (over.signal.aborted) return;
      await queued(look).catch((error) => {
        failed(error);
        // Another process may take the job up from then on.
        if (system.now() >= (stored.leaseUntil ?? 0)) stop("lost");
      });
    }
  }
  void watch();

  return {
    async begin({ entry: { path, etag }, rest }) {
      const isResumed = begun?.path === path;
      const current = isResumed ? begun : { path, etag, bytes: 0 };
      const totals =
        rest === null ? {} : { filesTotal: job.filesDone + rest.files, bytesTotal: known(job.bytesDone + rest.bytes) };
      job = { ...job, ...totals, current, ...(advanced ? { attempts: 0, reason: null } : {}) };
      await queued(() => put());
      return isResumed ? begun : null;
    },
    progress(bytes, etag) {
      if (job.current === null) return;
      const isResumed = begun?.path === job.current.path && claimed.direction === "from-share";
      if (isResumed && bytes > begun.bytes) advanced = true;
      const current = { ...job.current, bytes, ...(etag === undefined ? {} : { etag }) };
      job = { ...job, current, reason: bytes > 0 ? null : job.reason };
    },
    complete({ entry: { path, type } }, bytes) {
      advanced = true;
      const files = type === "file" ? 1 : 0;
      job = {
        ...job,
        after: path,
        current: null,
        filesDone: job.filesDone + files,
        bytesDone: Math.min(job.bytesDone + bytes, Number.MAX_SAFE_INTEGER),
      };
    },
    total({ files, bytes }) {
      job = { ...job, filesTotal: files, bytesTotal: known(bytes) };
    },
    isAdvanced: () => advanced,
    job: () => job,
    async end(change) {
      over.abort();
      return queued(() => {
        isOver = true;
        return put({ leaseBy: null, leaseUntil: null, ...change });
      });
    },
  };
}

/** Sizes are what the other server says they are: a sum that no database could give back exactly is not known. */
function known(bytes: number): number | null {
  return Number.isSafeInteger(bytes) ? bytes : null;
}
