import type { DeliveryEvent } from "../events.ts";
import type { AnyAggregate, Kind, OutboxEntry } from "../ports/records.ts";
import type { Rest } from "../ports/rest.ts";
import type { Collection } from "../ports/store.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { requestIdOf } from "../sharing/common.ts";
import { type SharingContext, stamp } from "../sharing/context.ts";
import { peerOf } from "../sharing/decide.ts";
import { dueDecision } from "../sharing/due.ts";
import { nextEntry } from "../sharing/schedule.ts";
import { settle } from "../sharing/settle.ts";
import { attempt } from "./attempt.ts";

/** Pause after the store could not be read, in milliseconds. */
const TRY_AGAIN = 1000;
/** Shortest pause, while there is no room for all that is due; and the pause while something under way hides what comes after it. */
const PAUSE = 50;
const HIDDEN_PAUSE = 200;
/** How long a record is ours unless we say again that it is: what a killed process was busy with waits so long for another. */
const LEASE = 15_000;
/** How often that is said while its message is under way. */
const RENEW_EVERY = 5_000;
/** Records worked on at the same time, and among them for one peer. */
const CONCURRENCY = 32;
const PER_PEER = 4;
/** The furthest look into what is due: beyond what waits for peers that are busy. */
const FURTHEST = 1000;
/** What takes longer than this, in milliseconds, waits for its peer and keeps nobody else's message back any more. */
const SLOW = 1000;

/** The worker that does what must follow: it delivers outboxes in order, expires what has an end, and forgets what is over. */
export interface Worker {
  start(): void;
  /** Looks at one record now; resolves, never rejects, when nothing more of it is due. */
  nudge(kind: Kind, id: string): Promise<void>;
  /** The peer answers again: what waits for it is due now. Never rejects. */
  hasten(host: string): Promise<void>;
  /** Stops looking and waits for what is under way. */
  close(): Promise<void>;
}

export interface WorkerOptions {
  context: SharingContext;
  /** False: this process leaves the work to others. */
  enabled: boolean;
  /** Identifies this process in leases. */
  owner: string;
  /** How it pauses between two looks at the store. */
  rest: Rest;
  telemetry: Pick<Telemetry, "deliver">;
  delivered(event: DeliveryEvent): void;
}

interface Task {
  done: Promise<void>;
  /** Asked for again while it ran. */
  again: boolean;
  host: string | null;
  since: number;
}

/** Makes a worker over all four collections of aggregates. */
export function createWorker({ context, enabled, owner, rest, telemetry, delivered }: WorkerOptions): Worker {
  const { store, system, limits, log } = context;
  const collections: Record<Kind, Collection<AnyAggregate>> = {
    outgoing: store.outgoing as unknown as Collection<AnyAggregate>,
    incoming: store.incoming as unknown as Collection<AnyAggregate>,
    invite: store.invites as unknown as Collection<AnyAggregate>,
    contact: store.contacts as unknown as Collection<AnyAggregate>,
  };
  const tasks = new Map<string, Task>();
  const reach = new Map<Kind, number>();
  const stop = new AbortController();
  let wake = new AbortController();
  let looking: Promise<void> | undefined;

  function launch(kind: Kind, id: string, host: string | null): Promise<void> {
    const key = `${kind}:${id}`;
    const running = tasks.get(key);
    if (running !== undefined) {
      running.again = true;
      return running.done;
    }
    const task: Task = { again: false, host, since: system.now(), done: Promise.resolve() };
    task.done = (async () => {
      try {
        do {
          task.again = false;
          await workOn(kind, id);
        } while (task.again && !stop.signal.aborted);
      } catch (error) {
        log.error({ err: error, kind, record: id }, "The worker could not finish a record; it tries again.");
      } finally {
        tasks.delete(key);
      }
    })();
    tasks.set(key, task);
    return task.done;
  }

  /** Everything about one record that is due. */
  async function workOn(kind: Kind, id: string): Promise<void> {
    const collection = collections[kind];
    while (!stop.signal.aborted) {
      const record = await collection.get(id);
      if (record === undefined) return;
      const now = system.now();
      if (record.leaseBy !== null && record.leaseBy !== owner && (record.leaseUntil ?? 0) > now) return;
      if (await byTime(collection, record, now)) continue;
      const entry = nextEntry(record);
      if (entry === undefined || entry.notBefore > now) return;
      const claimed = { ...record, leaseBy: owner, leaseUntil: now + LEASE };
      if (!(await collection.replace(claimed, record))) continue;
      const delivery = { ...entry, attempt: entry.attempts + 1 };
      await telemetry.deliver(delivery, () => deliver(collection, { ...claimed, version: record.version + 1 }, entry));
    }
  }

  /** Expiry and retention. True: the record is another now. */
  async function byTime(collection: Collection<AnyAggregate>, record: AnyAggregate, now: number): Promise<boolean> {
    const requestId = requestIdOf(system);
    const decision = dueDecision(record, now, limits.retention, requestId);
    if (decision === undefined) return false;
    const written =
      decision.kind === "remove"
        ? await collection.remove(record.id, record.version)
        : await collection.replace(stamp(context, decision.record), record);
    if (written) {
      const name = decision.kind === "remove" ? "record-purged" : decision.name;
      context.decided({ name, record: record.id, user: record.user, peer: peerOf(record), requestId });
    }
    return true;
  }

  async function deliver(
    collection: Collection<AnyAggregate>,
    record: AnyAggregate,
    entry: OutboxEntry,
  ): Promise<void> {
    const begun = system.now();
    const over = new AbortController();
    const holding = hold(collection, record.id, over.signal);
    const verdict = await attempt(context, collection, record, entry);
    over.abort();
    await holding;
    if (verdict === undefined) return;
    const now = system.now();
    for (;;) {
      const current = await collection.get(record.id);
      if (current === undefined) return;
      const jitter = system.random("backoff", 1).readUInt8(0) / 255;
      const settled = settle(current, entry, verdict, now, jitter);
      const written = stamp(context, { ...settled.record, leaseBy: null, leaseUntil: null });
      if (!(await collection.replace(written, current))) continue;
      report(record, entry, settled.outcome, settled.failure, now - begun);
      return;
    }
  }

  /** Renews our lease until it is over. Where that fails, another process may send the same message again, which does no harm. */
  async function hold(collection: Collection<AnyAggregate>, id: string, over: AbortSignal): Promise<void> {
    for (;;) {
      await system.sleep(RENEW_EVERY, over);
      if (over.aborted) return;
      try {
        const record = await collection.get(id);
        if (record?.leaseBy !== owner) return;
        await collection.replace({ ...record, leaseUntil: system.now() + LEASE }, record);
      } catch (error) {
        log.warn({ err: error, record: id }, "A lease could not be renewed.");
      }
    }
  }

  function report(
    record: AnyAggregate,
    entry: OutboxEntry,
    outcome: DeliveryEvent["outcome"],
    failure: { code: string; message: string; status: number | null } | null,
    duration: number,
  ): void {
    const event: DeliveryEvent = {
      record: record.id,
      type: entry.type,
      detail: entry.detail,
      to: entry.to,
      attempt: entry.attempts + 1,
      outcome,
      code: failure?.code ?? null,
      status: failure?.status ?? null,
      requestId: entry.requestId,
      duration,
    };
    if (failure === null) log.info(event, "delivered");
    else log.warn({ ...event, reason: failure.message }, "not delivered");
    delivered(event);
  }

  async function look(): Promise<void> {
    while (!stop.signal.aborted) {
      wake = new AbortController();
      rest.looking();
      let next: number | null;
      try {
        next = await launchDue();
      } catch (error) {
        next = system.now() + TRY_AGAIN;
        log.error({ err: error }, "The worker cannot read the database; it tries again.");
      }
      await rest.until(next, AbortSignal.any([stop.signal, wake.signal]));
    }
  }

  /** Starts what is due, as far as there is room, and says when something else will be; null: nothing. */
  async function launchDue(): Promise<number | null> {
    const now = system.now();
    let soonest = Number.POSITIVE_INFINITY;
    for (const collection of Object.values(collections)) {
      const { kind } = collection;
      const limit = reach.get(kind) ?? CONCURRENCY;
      const due = await collection.due(now, limit);
      const room = CONCURRENCY - quick(now);
      let launched = 0;
      for (const record of due) {
        const host = record.outbox.find((entry) => entry.to !== null && !entry.parked)?.to ?? null;
        if (launched >= room || busy(host) >= PER_PEER) continue;
        launched += 1;
        void launch(kind, record.id, host).then(() => wake.abort());
      }
      // A look that goes further costs more, so the next one comes later.
      if (launched < due.length) soonest = Math.min(soonest, now + (PAUSE * limit) / CONCURRENCY);
      reach.set(kind, nextReach(limit, due.length, launched));
      const next = await collection.nextDue();
      if (next !== null) soonest = Math.min(soonest, next > now ? Math.max(next, now + PAUSE) : now + HIDDEN_PAUSE);
    }
    // A store that answers slowly is not asked without a pause.
    return soonest === Number.POSITIVE_INFINITY ? null : Math.max(soonest, system.now() + PAUSE);
  }

  /** What is due first may all wait for busy peers: then the next look goes further, so that others are found behind it. */
  function nextReach(limit: number, found: number, launched: number): number {
    if (found < limit) return Math.max(CONCURRENCY, Math.floor(limit / 2));
    return launched === 0 ? Math.min(limit * 2, FURTHEST) : limit;
  }

  function quick(now: number): number {
    return [...tasks.values()].filter((task) => now - task.since < SLOW).length;
  }

  function busy(host: string | null): number {
    if (host === null) return 0;
    return [...tasks.values()].filter((task) => task.host === host).length;
  }

  return {
    start() {
      if (enabled) looking ??= look();
    },
    nudge(kind, id) {
      return enabled && !stop.signal.aborted ? launch(kind, id, null) : Promise.resolve();
    },
    async hasten(host) {
      if (!enabled) return;
      try {
        for (const collection of Object.values(collections)) await hastenIn(collection, host);
      } catch (error) {
        log.error(
          { err: error, peer: host },
          "What waits for a peer could not be hastened; it is sent when it is due.",
        );
      }
    },
    async close() {
      stop.abort();
      await looking;
      await Promise.all([...tasks.values()].map((task) => task.done));
    },
  };

  async function hastenIn(collection: Collection<AnyAggregate>, host: string): Promise<void> {
    let after: string | undefined;
    do {
      const page = await collection.withOutbox({ host, limit: 100, after });
      for (const record of page.items) {
        const now = system.now();
        const outbox = record.outbox.map((entry) =>
          entry.to === host ? { ...entry, notBefore: Math.min(entry.notBefore, now) } : entry,
        );
        await collection.replace(stamp(context, { ...record, outbox }), record);
      }
      after = page.next;
    } while (after !== undefined && !stop.signal.aborted);
    wake.abort();
  }
}
