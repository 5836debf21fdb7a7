import { contentOf, pathOf, readPathOf } from "../contents.ts";
import { nameOf } from "../ledger.ts";
import type { PlannedShare } from "../plan.ts";
import type { Standing } from "./messages.ts";
import type { RealServer } from "./servers.ts";

/** Plays what the people of some servers do, each step as soon as the one before is done. */
export interface Player {
  /** @param hosts of all servers, in their order */
  begin(hosts: readonly string[]): void;
  stands(): Omit<Standing, "cpuMs" | "rssMiB">;
}

/** Shares that one process makes at the same time. */
const AT_ONCE = 32;

/** @param own the servers of this process, by index */
export function createPlayer(shares: readonly PlannedShare[], own: ReadonlyMap<number, RealServer>): Player {
  const counts = { created: 0, received: 0, answered: 0, ended: 0, read: 0, requests: 0, failed: 0 };
  const byName = new Map(shares.map((share) => [nameOf(share), share]));
  const mine = shares.filter(({ from }) => own.has(from.site));
  const bySent = new Map<string, PlannedShare>();
  let under = 0;
  let next = 0;

  /** Counts what is under way, and what of it fails. */
  async function doing(job: () => Promise<void>): Promise<void> {
    under += 1;
    await job().catch(() => {
      counts.failed += 1;
    });
    under -= 1;
  }

  for (const { ocm } of own.values()) {
    ocm.events.on("request", () => {
      counts.requests += 1;
    });
    ocm.events.on("decision", ({ name, record, user }) => {
      if (name === "share-received") void doing(() => receive(ocm, user, record));
      else if (name === "share-accepted-by-recipient") void doing(() => end(ocm, user, record));
    });
  }

  async function create(share: PlannedShare, hosts: readonly string[]): Promise<void> {
    const { from, to } = share;
    const server = own.get(from.site);
    if (server === undefined) return;
    server.files.put(from.id, readPathOf(share), contentOf(share));
    const wish = { path: pathOf(share), shareWith: `${to.id}@${hosts[to.site]}` };
    const { id, status } = await server.ocm.api.sent.create(from.id, wish);
    bySent.set(id, share);
    counts.created += 1;
    if (status === "accepted") await end(server.ocm, from.id, id);
  }

  async function receive(ocm: RealServer["ocm"], user: string, record: string): Promise<void> {
    counts.received += 1;
    const share = byName.get((await ocm.api.received.get(user, record)).name);
    if (share === undefined || share.answer === null) return;
    if (!share.answer.accepts) {
      await ocm.api.received.decline(user, record);
      counts.answered += 1;
      return;
    }
    await ocm.api.received.accept(user, record);
    counts.answered += 1;
    for (const _ of share.reads) {
      const { body } = await ocm.api.received.read(user, record, share.folder ? "in it.txt" : "", {});
      for await (const _chunk of body);
      counts.read += 1;
    }
    if (share.end?.by !== "receiver") return;
    await ocm.api.received.leave(user, record);
    counts.ended += 1;
  }

  /** The owner ends it once the receiver has it; who reads at that moment is refused. */
  async function end(ocm: RealServer["ocm"], user: string, record: string): Promise<void> {
    const share = bySent.get(record);
    if (share?.end?.by !== "owner") return;
    bySent.delete(record);
    await ocm.api.sent.unshare(user, record);
    counts.ended += 1;
  }

  return {
    begin(hosts) {
      const work = async (): Promise<void> => {
        for (let share = mine[next++]; share !== undefined; share = mine[next++]) {
          const one = share;
          await doing(() => create(one, hosts));
        }
      };
      for (let count = 0; count < AT_ONCE; count += 1) void work();
    },
    stands: () => ({ ...counts, idle: next > mine.length && under === 0 }),
  };
}
