import type { AccessContext, CopiesApi, NewCopy } from "../../api.ts";
import type { HostFiles } from "../../ports/host.ts";
import type { CopyJob } from "../../ports/records.ts";
import type { Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import { OcmError } from "../../protocol/errors.ts";
import { isUsableName } from "../dav/share-path.ts";
import { pathInShare } from "../remote/received.ts";
import { parentOf } from "../tree-paths.ts";
import { copyView, newJob } from "./job.ts";
import { RETENTION } from "./run.ts";

/** Copies of one person that may run at the same time. */
const PER_PERSON = 10;

export interface UseCaseDeps {
  store: { copies: Store["copies"]; incoming: Pick<Store["incoming"], "get"> };
  files: Pick<HostFiles, "stat">;
  system: Pick<System, "now" | "random">;
  /** There is something to do. */
  nudge(): void;
  /** Stops a job that this process works on. */
  stop(id: string): void;
}

/**
 * The use cases of copies. A share that asks for a second factor (must-use-mfa) is copied where the session that starts the copy was opened
 * with one; the copy then goes on without the person.
 */
export function copyUseCases({ store, files, system, nudge, stop }: UseCaseDeps): CopiesApi {
  const { copies, incoming } = store;

  async function shareFor(user: string, id: string, context: AccessContext) {
    const share = await incoming.get(id);
    if (share === undefined || share.user !== user) throw new OcmError("not-found");
    const expired = share.expiresAt !== null && system.now() >= share.expiresAt;
    if (share.status === "ended" || expired) throw new OcmError("share-ended");
    if (share.status !== "accepted") throw new OcmError("share-not-accepted");
    if (share.requirements.includes("must-use-mfa") && context.secondFactor !== true) {
      throw new OcmError("second-factor");
    }
    return share;
  }

  /** What can be told without asking the other server; the rest shows when the copy runs. */
  async function checkOwnFiles(user: string, direction: NewCopy["direction"], path: string): Promise<void> {
    const present = await files.stat(user, path);
    if (direction === "to-share") {
      if (present === undefined) throw new OcmError("resource-missing");
      return;
    }
    if (present !== undefined)
      throw new OcmError("conflict", { message: "There is something at the destination already." });
    if ((await files.stat(user, parentOf(path)))?.type !== "folder") {
      throw new OcmError("resource-missing", { message: "The folder that the copy is to be in does not exist." });
    }
  }

  async function existing(user: string, id: string): Promise<CopyJob> {
    const job = await copies.get(id);
    if (job === undefined || job.user !== user) throw new OcmError("not-found");
    return job;
  }

  return {
    async start(user, copy, context) {
      const { direction } = copy;
      const share = await shareFor(user, copy.share, context);
      const remotePath = pathInShare(share, copy.remotePath);
      const localPath = ownPath(copy.localPath);
      if (direction === "to-share" && remotePath === "") {
        throw new OcmError("conflict", {
          message: "Name a place within the share: the share itself is there already.",
        });
      }
      await checkOwnFiles(user, direction, localPath);
      const now = system.now();
      const id = system.random("copy", 16).toString("hex");
      const job = newJob({ id, user, share: share.id, direction, remotePath, localPath }, now);
      if (!(await copies.insert(job))) throw new OcmError("internal");
      // Counted with the new one, so that starts at the same moment cannot pass each other.
      if ((await copies.countRunning(user)) > PER_PERSON) {
        await copies.remove(id, job.version);
        throw new OcmError("too-many-requests", {
          message: `At most ${PER_PERSON} copies run at the same time.`,
          retryAfter: 60,
        });
      }
      nudge();
      return copyView(job);
    },
    async list(user, page) {
      const { items, ...rest } = await copies.ofUser(user, page);
      return { ...rest, items: items.map(copyView) };
    },
    get: async (user, id) => copyView(await existing(user, id)),
    async cancel(user, id) {
      for (;;) {
        const job = await existing(user, id);
        if (job.status !== "running") return copyView(job);
        const now = system.now();
        const nextAt = job.current === null ? now + RETENTION : now;
        const cancelled: CopyJob = {
          ...job,
          status: "cancelled",
          reason: null,
          endedAt: now,
          updatedAt: now,
          nextAt,
          leaseBy: null,
          leaseUntil: null,
        };
        if (!(await copies.replace(cancelled))) continue;
        stop(id);
        nudge();
        return copyView(cancelled);
      }
    },
  };
}

/** @throws OcmError path-invalid for anything but an absolute path in the form that hosts are given */
function ownPath(path: string): string {
  const usable =
    path.isWellFormed() && path.startsWith("/") && (path === "/" || path.slice(1).split("/").every(isUsableName));
  if (!usable) throw new OcmError("path-invalid");
  return path;
}
