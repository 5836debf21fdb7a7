import type { CopiesApi } from "../../api.ts";
import type { CopyJob } from "../../ports/records.ts";
import type { Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import { LEASE } from "./ledger.ts";
import { type Run, type RunDeps, runCopy, tidied } from "./run.ts";
import { copyUseCases } from "./start.ts";

/** Pause between two looks at the store, in milliseconds: other processes may have written. */
const LOOK_EVERY = 1_000;
/** Copies that one process works on at the same time. */
const AT_ONCE = 2;
/** How many of those that are due are looked at, to find one of a person for whom none is at work. */
const CHOICE = 100;

export interface CopiesDeps {
  store: { copies: Store["copies"]; incoming: Pick<Store["incoming"], "get"> };
  /** The typed methods of received shares. */
  remote: RunDeps["remote"];
  files: RunDeps["files"];
  system: Pick<System, "now" | "sleep" | "random">;
  logger: RunDeps["logger"];
  /** False: this process takes copies in and leaves the work to others. */
  worker: boolean;
  /** Something came into a person's own files at this path. */
  changed?(user: string, path: string): Promise<void>;
}

/** Copies between received shares and own files, in the background. */
export interface Copies {
  api: CopiesApi;
  start(): void;
  /** Stops what is under way, so that another process, or this one after its next start, goes on with it at once. */
  close(): Promise<void>;
}

/**
 * Copies in the background. What is done is in the record of the job: a killed process loses nothing, and another takes its jobs up when
 * their leases have run out, after 15 seconds at most. Complete files are not copied again; a download goes on where it stopped where the
 * host keeps partial files, an upload begins its file again. A server that is down is waited for, seven days at most.
 */
export function createCopies(deps: CopiesDeps): Copies {
  const { store, system, worker } = deps;
  const { copies } = store;
  const log = deps.logger;
  const owner = system.random("copies", 12).toString("hex");
  const runDeps: RunDeps = {
    copies,
    remote: deps.remote,
    files: deps.files,
    system,
    logger: log,
    owner,
    changed: deps.changed ?? (async () => {}),
  };
  const atWork = new Map<string, { user: string; run: Run; over: Promise<void> }>();
  const stop = new AbortController();
  let wake = new AbortController();
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    while (!stop.signal.aborted) {
      wake = new AbortController();
      const { signal } = wake;
      await takeUp().catch((err) => log.error({ err }, "Copies cannot be taken up; it is tried again."));
      await system.sleep(LOOK_EVERY, AbortSignal.any([stop.signal, signal]));
    }
  }

  /** Begins with what is due, as far as there is room; people take turns. */
  async function takeUp(): Promise<void> {
    const due = await copies.due(system.now(), CHOICE);
    for (const job of due) {
      if (job.status !== "running" && !atWork.has(job.id)) await clear(job);
    }
    const waiting = due.filter((job) => job.status === "running" && !atWork.has(job.id));
    while (atWork.size < AT_ONCE && waiting.length > 0) {
      const users = new Set([...atWork.values()].map(({ user }) => user));
      const other = waiting.findIndex(({ user }) => !users.has(user));
      const [job] = waiting.splice(Math.max(other, 0), 1);
      if (job !== undefined) await claim(job);
    }
  }

  async function claim(job: CopyJob): Promise<void> {
    const claimed = { ...job, leaseBy: owner, leaseUntil: system.now() + LEASE };
    if (stop.signal.aborted || !(await copies.replace(claimed))) return;
    const run = runCopy(runDeps, { ...claimed, version: job.version + 1 });
    const over = run.done
      .then(async (reason) => {
        const left = reason === "cancelled" ? await copies.get(job.id) : undefined;
        if (left !== undefined && left.status !== "running") await clear(left);
      })
      .catch((err) => log.error({ err, copy: job.id }, "A copy could not be settled; it is taken up again."))
      .finally(() => {
        atWork.delete(job.id);
        wake.abort();
      });
    atWork.set(job.id, { user: job.user, run, over });
    if (stop.signal.aborted) run.stop("closed");
  }

  /** A job that has ended: forgotten after its time, and before that without what was left of the file under way. */
  async function clear(job: CopyJob): Promise<void> {
    if (job.current !== null) await copies.replace(await tidied(deps, job));
    else if (job.nextAt !== null && job.nextAt <= system.now()) await copies.remove(job.id, job.version);
  }

  return {
    api: copyUseCases({
      store,
      files: deps.files,
      system,
      nudge: () => wake.abort(),
      stop: (id) => atWork.get(id)?.run.stop("cancelled"),
    }),
    start() {
      if (worker) looking ??= look();
    },
    async close() {
      stop.abort();
      for (const { run } of atWork.values()) run.stop("closed");
      await looking;
      await Promise.all([...atWork.values()].map(({ over }) => over));
    },
  };
}
