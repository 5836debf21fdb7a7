import type { CopiesApi } from "../../api.ts";
import { createLru } from "../../peers/lru.ts";
import type { CopyJob } from "../../ports/records.ts";
import type { Rest } from "../../ports/rest.ts";
import type { Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import { OcmError } from "../../protocol/errors.ts";
import { LONGEST_PAUSE } from "./failures.ts";
import { LEASE } from "./ledger.ts";
import { type Run, type RunDeps, runCopy, tidied } from "./run.ts";
import { copyUseCases } from "./start.ts";

/** Pause between two looks at the store, in milliseconds: other processes may have written. */
const LOOK_EVERY = 1_000;
/** Copies that one process works on at the same time: in all, for one person, and with one other server, which may be slow. */
const AT_ONCE = 32;
const PER_PERSON = 2;
const PER_SERVER = 4;
/** How many of those that are due are looked at, to find some for which there is room. */
const CHOICE = 500;
/** Shares whose servers are remembered. */
const REMEMBERED = 1_000;

export interface CopiesDeps {
  store: { copies: Store["copies"]; incoming: Pick<Store["incoming"], "get"> };
  /** The typed methods of received shares. */
  remote: RunDeps["remote"];
  files: RunDeps["files"];
  system: Pick<System, "now" | "sleep" | "random" | "soon">;
  logger: RunDeps["logger"];
  /** False: this process takes copies in and leaves the work to others. */
  worker: boolean;
  /** How it pauses between two looks at the store. @default a second */
  rest?: Rest;
  /** Something came into a person's own files at this path. */
  changed?(user: string, path: string): Promise<void>;
}

/** Copies between received shares and own files, in the background. */
export interface Copies {
  api: CopiesApi;
  start(): void;
  /** A server that was down answers again: what waits for it goes on now. */
  hasten(host: string): Promise<void>;
  /** The account is gone: its copies are stopped, and nothing is kept of them. May be repeated. */
  userRemoved(user: string): Promise<void>;
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
  const atWork = new Map<string, { user: string; host: string; run: Run; over: Promise<void> }>();
  const hosts = createLru<string>({ maxEntries: REMEMBERED });
  const stop = new AbortController();
  let wake = new AbortController();
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    while (!stop.signal.aborted) {
      wake = new AbortController();
      const { signal } = wake;
      deps.rest?.looking();
      const next = await takeUp()
        .then(nextLook)
        .catch((err) => {
          log.error({ err }, "Copies cannot be taken up; it is tried again.");
          return system.now() + LOOK_EVERY;
        });
      const over = AbortSignal.any([stop.signal, signal]);
      await (deps.rest?.until(next, over) ?? system.sleep(LOOK_EVERY, over));
    }
  }

  /** When the next one is due; what is at work, or waits for room, is looked at again after a while. Null: there is none. */
  async function nextLook(): Promise<number | null> {
    const next = await copies.nextDue();
    return next === null ? null : Math.max(next, system.now() + LOOK_EVERY);
  }

  /** Begins with what is due, as far as there is room; people take turns. */
  async function takeUp(): Promise<void> {
    const due = await copies.due(system.now(), CHOICE);
    for (const job of due) {
      if (job.status !== "running" && !atWork.has(job.id)) await clear(job);
    }
    const waiting = due.filter((job) => job.status === "running" && !atWork.has(job.id));
    for (let turn = 0; turn < PER_PERSON; turn += 1) {
      for (const job of waiting) {
        if (atWork.size >= AT_ONCE) return;
        if (atWork.has(job.id) || workFor({ user: job.user }) > turn) continue;
        const host = await hostOf(job);
        if (workFor({ host }) < PER_SERVER) await claim(job, host);
      }
    }
  }

  /** "" where the share is gone: then its copy ends soon. */
  async function hostOf({ share }: CopyJob): Promise<string> {
    const known = hosts.get(share);
    if (known !== undefined) return known;
    const host = (await store.incoming.get(share))?.senderHost ?? "";
    hosts.set(share, host);
    return host;
  }

  function workFor(whom: { user: string } | { host: string }): number {
    const isTheirs = (work: { user: string; host: string }) =>
      "user" in whom ? work.user === whom.user : work.host === whom.host;
    return [...atWork.values()].filter(isTheirs).length;
  }

  async function claim(job: CopyJob, host: string): Promise<void> {
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
    atWork.set(job.id, { user: job.user, host, run, over });
    if (stop.signal.aborted) run.stop("closed");
  }

  /** A job that has ended: forgotten after its time, and before that without what was left of the file under way. */
  async function clear(job: CopyJob): Promise<void> {
    if (job.current !== null) await copies.replace(await tidied(deps, job));
    else if (job.nextAt !== null && job.nextAt <= system.now()) await copies.remove(job.id, job.version);
  }

  const api = copyUseCases({
    store,
    files: deps.files,
    system,
    nudge: () => wake.abort(),
    stop: (id) => atWork.get(id)?.run.stop("cancelled"),
  });

  async function forget(user: string, id: string): Promise<void> {
    await api.cancel(user, id).catch((error) => {
      // Another process may have forgotten it meanwhile.
      if (!(error instanceof OcmError) || error.code !== "not-found") throw error;
    });
    for (;;) {
      // It may be at work yet, and another process may be tidying up.
      await atWork.get(id)?.over;
      const job = await copies.get(id);
      if (job === undefined) return;
      const { version } = job.current === null ? job : await tidied(deps, job);
      if (await copies.remove(id, version)) return;
    }
  }

  return {
    api,
    start() {
      if (worker) looking ??= look();
    },
    async hasten(host) {
      const now = system.now();
      const soon = await copies.due(now + LONGEST_PAUSE, CHOICE);
      for (const job of soon) {
        const waits = job.status === "running" && job.leaseBy === null && (job.nextAt ?? 0) > now;
        if (!waits || (await hostOf(job)) !== host) continue;
        await copies.replace({ ...job, nextAt: now });
      }
      wake.abort();
    },
    async userRemoved(user) {
      for (;;) {
        const { items } = await copies.ofUser(user, { limit: 100 });
        if (items.length === 0) return;
        for (const { id } of items) await forget(user, id);
      }
    },
    async close() {
      stop.abort();
      for (const { run } of atWork.values()) run.stop("closed");
      await looking;
      await Promise.all([...atWork.values()].map(({ over }) => over));
    },
  };
}
