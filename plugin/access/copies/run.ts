import type { ReceivedSharesApi } from "../../api.ts";
import type { HostFiles } from "../../ports/host.ts";
import type { Logger } from "../../ports/log.ts";
import type { CopyJob } from "../../ports/records.ts";
import type { CopyJobs } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import type { Destination } from "./destination.ts";
import { verdictOf } from "./failures.ts";
import { openLedger, type StopReason } from "./ledger.ts";
import { below } from "./order.ts";
import { ownSource, remoteSource } from "./sources.ts";
import { toOwnFiles } from "./to-own-files.ts";
import { toShare } from "./to-share.ts";
import { amountOf, type Source, walk } from "./walk.ts";

/** How long a copy that has ended is kept, in milliseconds. */
export const RETENTION = 30 * 86_400_000;

export interface RunDeps {
  copies: Pick<CopyJobs, "get" | "replace">;
  remote: Pick<ReceivedSharesApi, "open" | "listFolder" | "stat" | "read" | "write" | "mkdir">;
  files: HostFiles;
  system: Pick<System, "now" | "sleep" | "random" | "soon">;
  logger: Logger;
  /** Identifies this process in leases. */
  owner: string;
  /** Something came into a person's own files at this path. */
  changed(user: string, path: string): Promise<void>;
}

/** A job at work. */
export interface Run {
  stop(reason: StopReason): void;
  /** Resolves with why it was stopped, or undefined where it came to an end or to a pause by itself. */
  done: Promise<StopReason | undefined>;
}

/** Works on a job that has been claimed, until it is done, has failed, has to wait for the other server, or is stopped. */
export function runCopy(deps: RunDeps, claimed: CopyJob): Run {
  const { copies, system, owner, logger } = deps;
  const log = logger.child({ copy: claimed.id });
  const over = new AbortController();
  let reason: StopReason | undefined;
  const stop = (why: StopReason) => {
    reason ??= why;
    over.abort(new Error("The copy was stopped."));
  };
  const failed = (err: unknown) => log.warn({ err }, "The progress of a copy could not be noted.");
  const ledger = openLedger({ copies, system, owner, stop, failed }, claimed);
  const asking = { job: claimed, signal: over.signal };
  const [source, destination]: [Source, Destination] =
    claimed.direction === "from-share"
      ? [remoteSource(deps.remote, asking), toOwnFiles(deps, asking)]
      : [ownSource(deps.files, asking), toShare(deps, asking)];

  async function work(): Promise<void> {
    // A person's own files are counted at once; how much is in a share shows as its folders are listed.
    if (claimed.direction === "to-share" && claimed.filesTotal === null) {
      ledger.total(await amountOf(source, over.signal, system));
    }
    let told: Promise<void> = Promise.resolve();
    try {
      for await (const step of walk(source, claimed.after, system)) {
        over.signal.throwIfAborted();
        const begun = await ledger.begin(step);
        over.signal.throwIfAborted();
        const bytes =
          step.entry.type === "file"
            ? await destination.putFile(step.entry, begun, ledger.progress)
            : await destination.makeFolder(step.entry, begun).then(() => 0);
        ledger.complete(step, bytes);
        await told;
        // Goes together with the next write of the job.
        told = tell(step.entry.path);
      }
    } finally {
      await told;
    }
  }

  /** Never rejects: the sweep finds what was not told. */
  async function tell(path: string): Promise<void> {
    if (claimed.direction === "to-share") return;
    await deps
      .changed(claimed.user, below(claimed.localPath, path))
      .catch((err) => log.warn({ err }, "The folders above a copied file could not be marked as changed."));
  }

  async function settle(error: unknown): Promise<void> {
    const now = system.now();
    const job = ledger.job();
    const { filesDone, bytesDone, current } = job;
    const ended = { endedAt: now, nextAt: now + RETENTION, current: null };
    if (error === undefined) {
      const totals = { filesTotal: filesDone, bytesTotal: bytesDone };
      if (await ledger.end({ ...ended, ...totals, status: "done", reason: null, attempts: 0 })) {
        log.info({ user: job.user, files: filesDone, bytes: bytesDone }, "A copy is done.");
      }
      return;
    }
    const attempts = ledger.isAdvanced() ? 0 : job.attempts;
    const jitter = system.random("backoff", 1).readUInt8(0) / 255;
    const { failure, retryIn } = verdictOf(
      error,
      { path: current?.path ?? null, attempts, last: claimed.reason },
      now,
      jitter,
    );
    if (failure.code === "internal") log.error({ err: error }, "Something went wrong in a copy.");
    if (retryIn !== null) {
      // What a server has of an upload that was broken off counts for nothing.
      const kept = job.direction === "to-share" && current !== null ? { ...current, bytes: 0 } : current;
      log.info({ code: failure.code, reason: failure.message }, "A copy waits, and is tried again.");
      await ledger.end({ current: kept, reason: failure, attempts: attempts + 1, nextAt: now + retryIn });
      return;
    }
    if (current !== null) await discardPartial(destination, current.path, log);
    log.info({ code: failure.code, reason: failure.message }, "A copy has failed.");
    await ledger.end({ ...ended, status: "failed", reason: failure });
  }

  async function all(): Promise<StopReason | undefined> {
    let error: unknown;
    try {
      await work();
    } catch (thrown) {
      error = thrown ?? new Error("Nothing was thrown.");
    }
    if (reason === undefined) await settle(error);
    else await ledger.end({ nextAt: system.now() });
    return reason;
  }

  return { stop, done: all() };
}

async function discardPartial(destination: Destination, path: string, log: Logger): Promise<void> {
  await destination
    .discard(path)
    .catch((err) => log.warn({ err }, "What is there of a file that is not copied could not be thrown away."));
}

/**
 * What is left to do for a job that has ended: to throw away the file that was under way when it was cancelled. Resolves with the job as it
 * then has to be stored. May be repeated.
 */
export async function tidied(deps: Pick<RunDeps, "remote" | "files" | "logger">, job: CopyJob): Promise<CopyJob> {
  const { direction, current } = job;
  if (current !== null && direction === "from-share") {
    const destination = toOwnFiles(deps, { job, signal: new AbortController().signal });
    await discardPartial(destination, current.path, deps.logger.child({ copy: job.id }));
  }
  return { ...job, current: null, nextAt: (job.endedAt ?? job.updatedAt) + RETENTION };
}
