import type { ReceivedShareView, SentShareView } from "../../plugin/index.ts";
import { COUNTERPART } from "../faults/invariants.ts";
import type { RunningFederation } from "./federation.ts";
import { type Ledger, nameOf, type Told } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import type { SimulationReport } from "./report.ts";
import type { Witness } from "./witness.ts";
import type { World } from "./world.ts";

type Invariant = SimulationReport["invariants"][number];

/** How many broken things are named. */
const NAMED = 10;

/** Counts what was looked at, and names the first that do not hold. */
function check(name: string): { result: Invariant; must(condition: boolean, otherwise: () => string): void } {
  const result: Invariant = { name, holds: true, checked: 0, broken: [] };
  return {
    result,
    must(condition, otherwise) {
      result.checked += 1;
      if (condition) return;
      result.holds = false;
      if (result.broken.length < NAMED) result.broken.push(otherwise());
    },
  };
}

/** The books of all servers, by the name of the share. */
interface Books {
  sent: Map<string, SentShareView[]>;
  received: Map<string, ReceivedShareView[]>;
}

async function readBooks(world: World, { serverOf }: RunningFederation): Promise<Books> {
  const books: Books = { sent: new Map(), received: new Map() };
  for (const person of world.people) {
    const { api } = serverOf(person).ocm();
    for (const share of await all((page) => api.sent.list(person.id, page))) add(books.sent, share);
    for (const share of await all((page) => api.received.list(person.id, page))) add(books.received, share);
  }
  return books;
}

function add<S extends { name: string }>(shares: Map<string, S[]>, share: S): void {
  const found = shares.get(share.name);
  if (found === undefined) shares.set(share.name, [share]);
  else found.push(share);
}

async function all<T>(list: (page: { limit: number; after?: string }) => Promise<{ items: T[]; next?: string }>) {
  const items: T[] = [];
  for (let after: string | undefined; ; ) {
    const page = await list({ limit: 1000, ...(after === undefined ? {} : { after }) });
    items.push(...page.items);
    if (page.next === undefined) return items;
    after = page.next;
  }
}

/** What there is to look at. */
export interface Evidence {
  world: World;
  federation: RunningFederation;
  ledger: Ledger;
  witness: Witness;
  plan: Plan;
  start: number;
}

/** What must hold when all is over and every fault is healed. */
export async function checkInvariants(evidence: Evidence): Promise<Invariant[]> {
  const { world, federation, ledger, witness, plan } = evidence;
  const books = await readBooks(world, federation);
  const honest = ledger.all.filter(({ planned }) => planned.kind === undefined);
  const dishonest = new Set(
    ledger.all.filter(({ planned }) => planned.kind !== undefined).map(({ planned }) => nameOf(planned)),
  );
  return [
    effectsOnce(honest, books),
    booksAgree(books, dishonest),
    await nothingWaits(federation, world),
    nothingAfterTheEnd(honest),
    await endedIsClosed(federation, honest, books),
    await witness.result(),
    ...(plan.shares.some(({ kind }) => kind === "spam") ? [spamWaits(world, ledger, books)] : []),
    ...(plan.forgedUntil === undefined
      ? []
      : [forgedOpensNothing(ledger), forgedEnds(ledger, evidence.start + plan.forgedUntil)]),
  ];
}

/** Whatever a person was answered for is there, on both sides, once. */
function effectsOnce(shares: readonly Told[], { sent, received }: Books): Invariant {
  const { result, must } = check("everything that was answered for has its effect on both sides, once");
  for (const told of shares) {
    if (told.createdAt === null) continue;
    const name = nameOf(told.planned);
    const [here = [], there = []] = [sent.get(name), received.get(name)];
    must(here.length === 1, () => `“${name}” was shared once, and is ${here.length} times at its sender`);
    must(there.length <= 1, () => `“${name}” is ${there.length} times at its receiver`);
    const [share] = there;
    if (told.answeredAt !== null) {
      const wanted = told.accepted === true ? ["accepted", "ended"] : ["declined"];
      must(share !== undefined && wanted.includes(share.status), () => {
        return `“${name}” was ${told.accepted ? "accepted" : "declined"}, and is ${share?.status ?? "not there"}`;
      });
    }
    if (told.endedBy === "owner") {
      must(here[0]?.status === "revoked", () => `“${name}” was revoked, and is ${here[0]?.status ?? "not there"}`);
    } else if (told.endedBy === "receiver") {
      must(share?.status === "ended", () => `“${name}” was left, and is ${share?.status ?? "not there"}`);
    }
  }
  return result;
}

function booksAgree({ sent, received }: Books, leftOut: ReadonlySet<string>): Invariant {
  const { result, must } = check("the books of both sides agree");
  for (const [name, [share]] of sent) {
    if (leftOut.has(name)) continue;
    const status = share?.status ?? "none";
    const state = stateOf(received.get(name)?.[0]);
    must(COUNTERPART[status]?.includes(state) === true, () => {
      return `“${name}” is ${status} at the sender and ${state} at the receiver`;
    });
  }
  for (const name of received.keys()) {
    if (!leftOut.has(name)) must(sent.has(name), () => `“${name}” was received, and nobody has sent it`);
  }
  return result;
}

function stateOf(share: ReceivedShareView | undefined): string {
  if (share === undefined) return "none";
  return share.endedBy === null ? share.status : `${share.status} ${share.endedBy}`;
}

async function nothingWaits({ servers }: RunningFederation, { federation }: World): Promise<Invariant> {
  const { result, must } = check("no message waits or is given up");
  for (const [site, server] of servers.entries()) {
    // What a stranger keeps trying is no concern of anybody.
    if (federation.sites[site]?.role === "stranger") continue;
    let waiting = 0;
    for await (const { record, type, detail, to, parked } of server.ocm().api.deliveries.list()) {
      waiting += 1;
      must(false, () => `${server.host} has ${parked ? "given up" : "yet"} to tell ${to}: ${type} ${detail} ${record}`);
    }
    if (waiting === 0) must(true, () => "");
  }
  return result;
}

/** By what went over the network: bytes of a share after its end was answered for. */
function nothingAfterTheEnd(shares: readonly Told[]): Invariant {
  const { result, must } = check("nothing is given out after a revocation was answered for");
  for (const { endedAt, endedBy, lastAccessAt, planned } of shares) {
    if (endedAt === null || endedBy === "receiver") continue;
    must(lastAccessAt === null || lastAccessAt <= endedAt, () => {
      return `“${nameOf(planned)}” was read ${(lastAccessAt ?? 0) - endedAt} ms after its end`;
    });
  }
  return result;
}

const OVER = new Set(["declined", "rejected", "revoked", "expired"]);

/** Nobody can read at the end what is over. */
async function endedIsClosed(
  { serverOf }: RunningFederation,
  shares: readonly Told[],
  { sent, received }: Books,
): Promise<Invariant> {
  const { result, must } = check("what is over is closed to its receiver");
  for (const { planned } of shares) {
    const name = nameOf(planned);
    const [share] = sent.get(name) ?? [];
    const [partner] = received.get(name) ?? [];
    if (share === undefined || partner === undefined || !OVER.has(share.status)) continue;
    const { to } = planned;
    const isOpen = await serverOf(to)
      .ocm()
      .api.received.read(to.id, partner.id, planned.folder ? "in it.txt" : "", {})
      .then(
        ({ body }) => {
          body.destroy();
          return true;
        },
        () => false,
      );
    must(!isOpen, () => `“${name}” is ${share.status}, and can be read`);
  }
  return result;
}

/** Pending shares of one unknown sender that a server takes (the plugin's default limit). */
const PENDING_PER_SENDER = 100;

/** What a stranger sends waits for an answer, with a warning, and not more of it than the limits allow. */
function spamWaits({ federation }: World, { all }: Ledger, { received }: Books): Invariant {
  const { result, must } = check("shares of strangers wait with a warning, and within the limits");
  const perSite = new Map<number, number>();
  for (const { planned } of all) {
    const [share] = received.get(nameOf(planned)) ?? [];
    if (planned.kind !== "spam" || share === undefined) continue;
    perSite.set(planned.to.site, (perSite.get(planned.to.site) ?? 0) + 1);
    must(share.status === "pending", () => `“${share.name}” is ${share.status}`);
    must(share.warnings.includes("unknown-sender"), () => `“${share.name}” carries no warning`);
  }
  for (const [site, count] of perSite) {
    must(count <= PENDING_PER_SENDER, () => `${federation.sites[site]?.host} has taken ${count} from one stranger`);
  }
  return result;
}

/** The owner's server does not know what a thief has shared in its name. */
function forgedOpensNothing({ all }: Ledger): Invariant {
  const { result, must } = check("what was forged with stolen keys opens nothing");
  for (const { planned, reads, lastAccessAt } of all) {
    if (planned.kind !== "forged") continue;
    must(reads === 0 && lastAccessAt === null, () => `“${nameOf(planned)}” was read`);
  }
  return result;
}

function forgedEnds({ all }: Ledger, until: number): Invariant {
  const { result, must } = check("nothing is taken that is signed with a key which is gone");
  for (const { planned, arrivedAt } of all) {
    if (planned.kind !== "forged") continue;
    must(arrivedAt === null || arrivedAt <= until, () => {
      return `“${nameOf(planned)}” was taken ${(arrivedAt ?? 0) - until} ms too late`;
    });
  }
  return result;
}
