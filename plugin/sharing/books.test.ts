import fc from "fast-check";
import { expect, it } from "vitest";
import type { IncomingShare, OutgoingShare } from "../ports/records.ts";
import { incomingShareId } from "../protocol/incoming-share-id.ts";
import { type Fate, type Federation, federation, type Party } from "./federation.test-helper.ts";

const SHARES = 3;
type Step = {
  act: "share" | "accept" | "decline" | "leave" | "unshare" | "work" | "die" | "wait";
  share: number;
  amount: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom("share", "share", "accept", "decline", "leave", "unshare", "work", "die", "wait"),
  share: fc.nat(SHARES - 1),
  amount: fc.nat(40),
});
const fates: fc.Arbitrary<Fate> = fc.constantFrom("arrives", "arrives", "request-lost", "answer-lost", "twice", "late");

it("both books agree in the end, whatever is lost, repeated, late or killed, and other shares are untouched", async () => {
  const plan = fc.tuple(fc.array(step, { minLength: 3, maxLength: 25 }), fc.infiniteStream(fates));
  await fc.assert(
    fc.asyncProperty(plan, async ([steps, stream]) => {
      const world = await federation(["alice", "bob"]);
      try {
        const untouched = await shareOf(world, "untouched");
        await world.party("bob").api.received.accept("bob", incomingShareId("alice.example", untouched));
        await world.heal();
        world.fate = () => stream.next().value;
        const ids: (string | undefined)[] = [];
        for (const each of steps) await perform(world, ids, each);
        await world.heal();
        for (const id of ids) if (id !== undefined) await expectAgreement(world, id);
        const [sent, received] = await both(world, untouched);
        expect([sent?.status, received?.status]).toEqual(["accepted", "accepted"]);
      } finally {
        await world.close();
      }
    }),
    { numRuns: 60 },
  );
}, 120_000);

async function shareOf(world: Federation, name: string): Promise<string> {
  const share = await world.party("alice").api.sent.create("alice", { path: "/f", shareWith: "bob@bob.example", name });
  return share.id;
}

/** What a person or the process may run into is part of the plan; only the books count. */
async function perform(world: Federation, ids: (string | undefined)[], { act, share, amount }: Step): Promise<void> {
  const alice = world.party("alice");
  const bob = world.party("bob");
  const id = ids[share];
  if (act === "wait") return world.pass(amount * 60_000);
  if (act === "work") return (amount % 2 === 0 ? alice : bob).work();
  if (act === "die") return (amount % 2 === 0 ? alice : bob).dieAfter(amount >> 1);
  await tolerated(alice, bob, async () => {
    if (act === "share") {
      if (id === undefined) ids[share] = await created(world, `share ${share}`);
    } else if (id !== undefined) {
      const received = incomingShareId("alice.example", id);
      if (act === "accept") await bob.api.received.accept("bob", received);
      if (act === "decline") await bob.api.received.decline("bob", received);
      if (act === "leave") await bob.api.received.leave("bob", received);
      if (act === "unshare") await alice.api.sent.unshare("alice", id);
    }
  });
}

/** The id even when the process dies right after the record was written. */
async function created(world: Federation, name: string): Promise<string | undefined> {
  try {
    return await shareOf(world, name);
  } catch {
    const { items } = await world.party("alice").store.outgoing.ofUser("alice", { limit: 100 });
    return items.find((item) => item.name === name)?.id;
  }
}

async function tolerated(alice: Party, bob: Party, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch {
    // A refusal, or a death: the process comes back.
    await alice.work().catch(() => {});
    await bob.work().catch(() => {});
  }
}

async function both(world: Federation, id: string): Promise<[OutgoingShare | undefined, IncomingShare | undefined]> {
  const sent = await world.party("alice").store.outgoing.get(id);
  const received = await world.party("bob").store.incoming.get(incomingShareId("alice.example", id));
  return [sent, received];
}

async function expectAgreement(world: Federation, id: string): Promise<void> {
  const [sent, received] = await both(world, id);
  const book = `${sent?.status} / ${received?.status ?? "none"}${received?.endedBy ? ` by ${received.endedBy}` : ""}`;
  expect(AGREEMENTS).toContain(book);
  expect(sent?.outbox).toEqual([]);
  expect(received?.outbox ?? []).toEqual([]);
}

const AGREEMENTS = [
  "pending / pending",
  "accepted / accepted",
  "declined / declined by person",
  "declined / ended by person",
  "revoked / none",
  "revoked / ended by owner",
  // Both ended it at the same time: each book tells what its own side did first.
  "revoked / declined by person",
  "revoked / ended by person",
];
