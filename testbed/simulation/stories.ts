import type { VirtualClock } from "./clock.ts";
import { contentOf, pathOf, readPathOf } from "./contents.ts";
import type { Introductions } from "./introductions.ts";
import { type Ledger, nameOf, type Told } from "./ledger.ts";
import { isPassing, patiently } from "./patience.ts";
import type { PlannedShare } from "./plan.ts";
import { ServerGone, type VirtualServer } from "./virtual-server.ts";
import type { Person } from "./world.ts";

/** What people have to do with while they share. */
export interface StoryDeps {
  clock: VirtualClock;
  ledger: Ledger;
  /** When the simulation began. */
  start: number;
  serverOf(person: Person): VirtualServer;
  /** Where the sender of a share sends it: their own server, but for a thief. */
  senderOf(planned: PlannedShare): VirtualServer;
  /** Resolves when the share has come to its receiver's server, or cannot come any more. */
  arrival(told: Told): Promise<void>;
  introductions: Introductions | null;
  /** Milliseconds that the clock of the person's server is ahead. */
  aheadOf(person: Person): number;
  /** A share is about to be made. */
  begun(): void;
  /** The end of a share was answered for just now. */
  ended(told: Told): void;
}

/** How often somebody tries to share, and the milliseconds in between. */
const TRIES = 50;
const AGAIN_AFTER = 20_000;
/** How long somebody waits for a share, and for a forged one, in milliseconds. */
const LONGEST_WAIT = 3 * 3_600_000;
const LONGEST_FORGERY = 600_000;

/** Plays one share from its begin to the last that anybody does with it. Never throws for what a server refuses. */
export async function playShare(deps: StoryDeps, planned: PlannedShare): Promise<void> {
  const { clock, ledger, start } = deps;
  await until(deps, start + planned.at);
  const told = ledger.begin(planned);
  deps.begun();
  deps.senderOf(planned).files.put(planned.from.id, readPathOf(planned), contentOf(planned));
  if (planned.kind !== "spam" && deps.introductions !== null) {
    if (!(await deps.introductions.introduce(planned.from, planned.to))) return;
  }
  told.clickedAt = clock.now();
  await create(deps, told);
  if (told.sent === null) return;
  const ending = end(deps, told);
  await receive(deps, told);
  await ending;
}

async function create(deps: StoryDeps, told: Told): Promise<void> {
  const { planned } = told;
  const { from, to, end: ending } = planned;
  const server = deps.senderOf(planned);
  const expiresAt = ending?.by === "expiry" ? deps.start + planned.at + ending.after : undefined;
  for (let left = TRIES; left > 0; left -= 1) {
    try {
      const wish = { path: pathOf(planned), shareWith: to.address, ...(expiresAt === undefined ? {} : { expiresAt }) };
      const { id } = await server.ask(({ api }) => api.sent.create(from.id, wish));
      deps.ledger.sent(told, id);
      told.createdAt = deps.clock.now();
      return;
    } catch (error) {
      if (error instanceof ServerGone) {
        // The record may be there all the same; whoever shared looks first.
        const found = await sentBefore(deps, told).catch(() => undefined);
        if (found === undefined) continue;
        deps.ledger.sent(told, found);
        told.createdAt = deps.clock.now();
        return;
      }
      if (!isPassing(error)) return;
      await deps.clock.sleep(AGAIN_AFTER);
    }
  }
}

async function sentBefore({ senderOf }: StoryDeps, { planned }: Told): Promise<string | undefined> {
  const { from } = planned;
  for (let after: string | undefined; ; ) {
    const page = await senderOf(planned).ask(({ api }) =>
      api.sent.list(from.id, { limit: 1000, ...(after === undefined ? {} : { after }) }),
    );
    const found = page.items.find(({ name }) => name === nameOf(planned));
    if (found !== undefined || page.next === undefined) return found?.id;
    after = page.next;
  }
}

/** The receiver's part: answers, and reads. */
async function receive(deps: StoryDeps, told: Told): Promise<void> {
  const { clock } = deps;
  const { answer, to, reads } = told.planned;
  if (answer === null) return;
  // A server may say that it has a share and not have it; and what a thief sends may be refused without a word to anybody.
  const longest = told.planned.kind === "forged" ? LONGEST_FORGERY : LONGEST_WAIT;
  const enough = new AbortController();
  const arrived = deps.arrival(told).then(() => enough.abort());
  await Promise.race([arrived, clock.sleep(longest, enough.signal)]);
  const id = told.received;
  if (id === null) return;
  await clock.sleep(answer.after);
  const server = deps.serverOf(to);
  const answered = await patiently(clock, () =>
    server.ask(({ api }) => (answer.accepts ? api.received.accept(to.id, id) : api.received.decline(to.id, id))),
  );
  if (answered === undefined) return;
  told.answeredAt = clock.now();
  told.accepted = answer.accepts;
  const from = clock.now();
  await Promise.all(
    reads.map(async (after) => {
      await until(deps, from + after);
      if (told.endedAt === null) await read(deps, told);
    }),
  );
}

/** The end of a share by a person; that by time comes of itself. */
async function end(deps: StoryDeps, told: Told): Promise<void> {
  const { clock, start } = deps;
  const { end: planned, at, from, to, late } = told.planned;
  const { sent } = told;
  if (planned === null || sent === null) return;
  // A share ends by the clock of its owner's server.
  const ahead = planned.by === "expiry" ? deps.aheadOf(from) : 0;
  await until(deps, start + at + planned.after - ahead);
  if (planned.by === "receiver") {
    const { received, accepted } = told;
    if (received === null || accepted !== true) return;
    const left = await patiently(clock, () => deps.serverOf(to).ask(({ api }) => api.received.leave(to.id, received)));
    if (left === undefined) return;
  } else if (planned.by === "owner") {
    const ended = await patiently(clock, () => deps.serverOf(from).ask(({ api }) => api.sent.unshare(from.id, sent)));
    if (ended?.status !== "revoked") return;
  }
  told.endedAt = clock.now();
  told.endedBy = planned.by;
  deps.ended(told);
  const since = clock.now();
  for (const after of late) {
    await until(deps, since + after);
    if (told.received === null || told.accepted !== true) return;
    told.lateReads += 1;
    await read(deps, told);
  }
}

/** The receiver reads the file, whole. */
async function read(deps: StoryDeps, told: Told): Promise<void> {
  const { planned, received } = told;
  if (received === null) return;
  const { to, folder } = planned;
  const server = deps.serverOf(to);
  try {
    const bytes = await server.ask(async ({ api }) => {
      if (folder) await api.received.open(to.id, received, "", {});
      const { body } = await api.received.read(to.id, received, folder ? "in it.txt" : "", {});
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    });
    if (bytes.equals(contentOf(planned))) told.reads += 1;
    else told.readsFailed += 1;
  } catch {
    told.readsFailed += 1;
  }
}

function until({ clock }: StoryDeps, time: number): Promise<void> {
  return clock.sleep(time - clock.now());
}
