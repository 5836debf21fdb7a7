import type { CopyView } from "../../api.ts";
import type { CopyJob } from "../../ports/records.ts";

type Given = Pick<CopyJob, "id" | "user" | "share" | "direction" | "remotePath" | "localPath">;

/** A copy that has not begun, due at once. */
export function newJob(given: Given, now: number): CopyJob {
  return {
    kind: "copy",
    ...given,
    version: 0,
    createdAt: now,
    updatedAt: now,
    outbox: [],
    nextAt: now,
    leaseBy: null,
    leaseUntil: null,
    status: "running",
    reason: null,
    filesDone: 0,
    bytesDone: 0,
    filesTotal: null,
    bytesTotal: null,
    current: null,
    after: null,
    attempts: 0,
    endedAt: null,
  };
}

/** A job as its person sees it; the bytes of the file under way count. */
export function copyView(job: CopyJob): CopyView {
  const current = job.status === "running" ? job.current : null;
  return {
    id: job.id,
    share: job.share,
    direction: job.direction,
    remotePath: job.remotePath,
    localPath: job.localPath,
    status: job.status,
    reason: job.reason,
    filesDone: job.filesDone,
    bytesDone: job.bytesDone + (current?.bytes ?? 0),
    filesTotal: job.filesTotal,
    bytesTotal: job.bytesTotal,
    current: current?.path ?? null,
    createdAt: job.createdAt,
    endedAt: job.endedAt,
  };
}
